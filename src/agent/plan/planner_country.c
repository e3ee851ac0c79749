
#include "agent/plan/planner_lexicon.h"


typedef struct {
    const char  *name;
    const char  *codes;
} mz_pl_country_t;

/* English names and adjectives, in lower case; longer ones first. */

static const mz_pl_country_t  mz_pl_countries[] = {
    { "united states of america", "US" }, { "united states", "US" },
    { "united kingdom", "GB" }, { "great britain", "GB" },
    { "south africa", "ZA" }, { "south korea", "KR" },
    { "new zealand", "NZ" }, { "saudi arabia", "SA" },
    { "united arab emirates", "AE" }, { "czech republic", "CZ" },
    { "costa rica", "CR" }, { "hong kong", "HK" }, { "sri lanka", "LK" },
    { "north america", "US CA MX" }, { "south america",
      "AR BO BR CL CO EC PE PY UY VE" },
    { "latin america", "AR BO BR CL CO EC MX PE PY UY VE CR" },
    { "united states", "US" }, { "america", "US" }, { "american", "US" },
    { "americans", "US" }, { "uk", "GB" }, { "britain", "GB" },
    { "british", "GB" }, { "england", "GB" },
    { "germany", "DE" }, { "german", "DE" }, { "germans", "DE" },
    { "france", "FR" }, { "french", "FR" }, { "hungary", "HU" },
    { "hungarian", "HU" }, { "hungarians", "HU" }, { "india", "IN" },
    { "indian", "IN" }, { "indians", "IN" }, { "brazil", "BR" },
    { "brasil", "BR" }, { "brazilian", "BR" }, { "brazilians", "BR" },
    { "japan", "JP" }, { "japanese", "JP" }, { "canada", "CA" },
    { "canadian", "CA" }, { "canadians", "CA" }, { "australia", "AU" },
    { "australian", "AU" }, { "australians", "AU" }, { "spain", "ES" },
    { "spanish", "ES" }, { "italy", "IT" }, { "italian", "IT" },
    { "portugal", "PT" }, { "portuguese", "PT" }, { "netherlands", "NL" },
    { "dutch", "NL" }, { "holland", "NL" }, { "belgium", "BE" },
    { "belgian", "BE" }, { "austria", "AT" }, { "austrian", "AT" },
    { "switzerland", "CH" }, { "swiss", "CH" }, { "sweden", "SE" },
    { "swedish", "SE" }, { "norway", "NO" }, { "norwegian", "NO" },
    { "denmark", "DK" }, { "danish", "DK" }, { "finland", "FI" },
    { "finnish", "FI" }, { "ireland", "IE" }, { "irish", "IE" },
    { "poland", "PL" }, { "polish", "PL" }, { "czechia", "CZ" },
    { "czech", "CZ" }, { "slovakia", "SK" }, { "slovenia", "SI" },
    { "croatia", "HR" }, { "serbia", "RS" }, { "romania", "RO" },
    { "romanian", "RO" }, { "bulgaria", "BG" }, { "greece", "GR" },
    { "greek", "GR" }, { "turkey", "TR" }, { "turkish", "TR" },
    { "ukraine", "UA" }, { "ukrainian", "UA" }, { "russia", "RU" },
    { "russian", "RU" }, { "israel", "IL" }, { "egypt", "EG" },
    { "nigeria", "NG" }, { "kenya", "KE" }, { "china", "CN" },
    { "chinese", "CN" }, { "korea", "KR" }, { "korean", "KR" },
    { "taiwan", "TW" }, { "singapore", "SG" }, { "malaysia", "MY" },
    { "indonesia", "ID" }, { "indonesian", "ID" }, { "thailand", "TH" },
    { "vietnam", "VN" }, { "philippines", "PH" }, { "pakistan", "PK" },
    { "bangladesh", "BD" }, { "mexico", "MX" }, { "mexican", "MX" },
    { "argentina", "AR" }, { "argentinian", "AR" }, { "chile", "CL" },
    { "colombia", "CO" }, { "peru", "PE" }, { "uruguay", "UY" },
    { "venezuela", "VE" }, { "ecuador", "EC" }, { "iceland", "IS" },
    { "estonia", "EE" }, { "latvia", "LV" }, { "lithuania", "LT" },
    { "luxembourg", "LU" }, { "malta", "MT" }, { "cyprus", "CY" },
    { "morocco", "MA" }, { "ghana", "GH" }, { "emirates", "AE" },
    { "uae", "AE" },
    { "dach", "DE AT CH" }, { "benelux", "BE NL LU" },
    { "scandinavia", "DK NO SE" }, { "nordics", "DK FI IS NO SE" },
    { "eu", "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL "
            "PL PT RO SK SI ES SE" },
    { "europe", "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT "
                "LT LU LV MT NL NO PL PT RO RS SE SI SK UA" },
    { "european", "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS "
                  "IT LT LU LV MT NL NO PL PT RO RS SE SI SK UA" },
    { "asia", "BD CN HK ID IN JP KR LK MY PH PK SG TH TW VN" },
    { "africa", "EG GH KE MA NG ZA" },
};


const char *
mz_pl_country_at(const mz_pl_t *pl, size_t i, size_t *end)
{
    size_t    k, j;
    mz_str_t  rest, w;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_countries); k++) {
        rest = mz_str_from(mz_pl_countries[k].name);
        j = i;

        while (mz_str_split(&rest, ' ', &w)) {
            if (j >= pl->ntok || !mz_str_eq(pl->tok[j].text, w)) {
                j = MZ_PL_NONE;
                break;
            }

            j++;
        }

        if (j != MZ_PL_NONE) {
            *end = j;
            return mz_pl_countries[k].codes;
        }
    }

    /* "us" is a country in capitals, or behind an article. */

    if (mz_pl_is(pl, i, "us") && (pl->tok[i].is_upper
        || pl->tok[i].raw.len == 3
        || (i > 0 && mz_pl_is(pl, i - 1, "the"))))
    {
        *end = i + 1;
        return "US";
    }

    return NULL;
}
