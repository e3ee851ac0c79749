
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


static const char *mz_pl_country_at(const mz_pl_t *pl, size_t i,
    size_t *end);
static bool mz_pl_is_the_us(const mz_pl_t *pl, size_t i);
static const mz_catalog_property_t *mz_pl_country_property(
    const mz_pl_t *pl);
static json_t *mz_pl_codes(mz_pl_t *pl, const mz_catalog_property_t *p,
    const char *codes);


void
mz_pl_country_values(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t                        i, end;
    const char                   *codes;
    const mz_catalog_property_t  *p;

    p = mz_pl_country_property(pl);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < pl->ntok; i++) {
        codes = pl->tok[i].is_taken ? NULL : mz_pl_country_at(pl, i, &end);
        if (codes != NULL) {
            mz_pl_add_value(pl, cs, p, mz_pl_codes(pl, p, codes), i, end,
                            false);
        }
    }
}


static const char *
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

    if (mz_pl_is(pl, i, "us") && mz_pl_is_the_us(pl, i)) {
        *end = i + 1;
        return "US";
    }

    return NULL;
}


const char *
mz_pl_country_name(size_t k)
{
    return k < MZ_ARRAY_LEN(mz_pl_countries) ? mz_pl_countries[k].name
                                             : NULL;
}


/*
 * "us" is a country in capitals, behind an article, and before a noun that
 * nobody is to be given: "us revenue", not "tell us revenue".
 */

static bool
mz_pl_is_the_us(const mz_pl_t *pl, size_t i)
{
    if (pl->tok[i].is_upper || pl->tok[i].raw.len == 3) {
        return true;
    }

    if (i > 0 && mz_pl_is(pl, i - 1, "the")) {
        return true;
    }

    return i + 1 < pl->ntok
           && (pl->tok[i + 1].is_known
               || mz_pl_is_any(pl, i + 1, "users customers visitors buyers "
                               "people revenue sales signups traffic"))
           && (i == 0 || mz_pl_is_any(pl, i - 1, "is was are were what of in "
                                      "for from by and versus our only per"));
}


static const mz_catalog_property_t *
mz_pl_country_property(const mz_pl_t *pl)
{
    size_t                        i, k, upper;
    const mz_pl_name_t           *name;
    const mz_catalog_property_t  *p;

    for (i = 0; i < pl->cat->nproperties; i++) {
        p = &pl->cat->properties[i];
        name = &pl->prop_names[i];

        for (k = 0; k < name->n; k++) {
            if (!mz_str_eq_c(name->stem[k], "countri")) {
                continue;
            }

            upper = 0;
            while (upper < p->nvalues && p->values[upper].value.len == 2) {
                upper++;
            }

            if (upper == p->nvalues && upper != 0) {
                return p;
            }
        }
    }

    return NULL;
}


/* Of a region, the countries that occur; a single country always. */

static json_t *
mz_pl_codes(mz_pl_t *pl, const mz_catalog_property_t *p, const char *codes)
{
    bool      has_lower;
    size_t    k;
    json_t   *list;
    mz_str_t  rest, w;

    list = mz_pl_keep(pl, json_array());
    has_lower = p->values[0].value.data[0] >= 'a';
    rest = mz_str_from(codes);

    while (mz_str_split(&rest, ' ', &w)) {
        for (k = 0; k < p->nvalues; k++) {
            if (mz_str_ieq(p->values[k].value, w)) {
                mz_pl_push_text(pl, list, p->values[k].value);
            }
        }
    }

    if (json_array_size(list) == 0) {
        w = mz_str_from(codes);
        w.len = 2;
        mz_pl_push_text(pl, list, has_lower ? mz_pl_lower(pl, w) : w);
        mz_pl_assume(pl, "no event of the catalog has %.*s %.*s so far",
                     (int) p->name.len, p->name.data, (int) w.len, w.data);
    }

    return list;
}
