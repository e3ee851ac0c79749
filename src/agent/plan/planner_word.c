
#include <libstemmer.h>

#include "agent/plan/planner_core.h"
#include "agent/plan/planner_words.h"


#define MZ_PL_SENSES    512     /* far more than there are synonyms */
#define MZ_PL_WORD_MAX  40      /* longer ones are not compared */

/* What libstemmer cannot know, and nouns it keeps apart from their verbs. */

typedef struct {
    const char  *form;
    const char  *stem;
} mz_pl_irregular_t;

static const mz_pl_irregular_t  mz_pl_irregulars[] = {
    { "bought", "buy" }, { "buyer", "buy" }, { "buyers", "buy" },
    { "paid", "paid" }, { "sent", "send" }, { "spent", "spend" },
    { "left", "leav" }, { "came", "come" }, { "went", "go" },
    { "gone", "go" }, { "began", "begin" }, { "begun", "begin" },
    { "saw", "see" }, { "seen", "see" }, { "shown", "show" },
    { "sold", "sell" }, { "kept", "keep" }, { "lost", "lose" },
    { "made", "make" }, { "gave", "give" }, { "got", "get" },
    { "did", "do" }, { "done", "do" }, { "wrote", "write" },
    { "rode", "ride" }, { "ridden", "ride" }, { "drove", "drive" },
    { "ran", "run" }, { "read", "read" }, { "won", "win" },
    { "heard", "hear" }, { "built", "build" }, { "found", "find" },
    { "usage", "use" }, { "retention", "retain" }, { "views", "view" },
    { "registration", "regist" }, { "registrations", "regist" },
    { "registrant", "regist" }, { "registrants", "regist" },
    { "subscription", "subscrib" }, { "subscriptions", "subscrib" },
    { "conversion", "convert" }, { "conversions", "convert" },
    { "signup", "signup" }, { "signups", "signup" },
    { "transactions", "transact" }, { "viewer", "view" },
    { "viewers", "view" }, { "searcher", "search" },
    { "searchers", "search" }, { "visitor", "visit" },
    { "visitors", "visit" }, { "creation", "creat" },
    { "deletion", "delet" }, { "invitation", "invit" },
    { "invitations", "invit" }, { "booking", "book" },
    { "bookings", "book" }, { "player", "play" }, { "players", "play" },
    { "listener", "listen" }, { "listeners", "listen" },
    { "upgrader", "upgrad" }, { "removal", "remov" },
    { "removals", "remov" }, { "opener", "open" }, { "openers", "open" },
    { "delivery", "deliv" }, { "deliveries", "deliv" },
    { "delivered", "deliv" }, { "installation", "instal" },
    { "installations", "instal" }, { "completion", "complet" },
    { "activation", "activ" }, { "applied", "appli" },
    { "application", "appli" }, { "applications", "appli" },
    { "refunded", "refund" }, { "renewal", "renew" },
    { "renewals", "renew" }, { "exporter", "export" },
    { "starters", "start" }, { "marketing", "marketing" },
    { "enquiries", "ticket" }, { "enquiry", "ticket" },
    { "inquiries", "ticket" }, { "inquiry", "ticket" },
};

/* Stems that mean the same; one row is one meaning. */

static const char *const  mz_pl_synonyms[] = {
    "purchas order buy transact",
    "signup regist enrol",
    "view visit see look",
    "open launch",
    "start begin began initi",
    "refund chargeback reimburs",
    "error bug except",
    "failur fail",
    "ticket complaint case",
    "cart basket bag",
    "remov delet",
    "invit invite",
    "email mail newslett",
    "creat add",
    "shown show display",
    "countri nation geographi geo market",
    "platform os",
    "channel sourc acquisit",
    "plan tier packag",
    "version releas build",
    "categori depart genr",
    "citi town",
    "durat length",
    "quantiti unit",
    "revenu turnov gmv incom",
    "interv bill cycl",
    "prioriti sever",
    "play listen watch stream",
    "song track",
    "messag chat",
    "complet finish",
    "book reserv",
    "cancel terminat",
    "upload submit",
    "queri term keyword phrase",
};


typedef struct mz_pl_sense_s  mz_pl_sense_t;

struct mz_pl_sense_s {
    mz_str_t  stem;
    unsigned  meaning;
};


static mz_pl_sense_t *mz_pl_sense(const mz_pl_t *pl, mz_str_t stem);
static bool mz_pl_in_row(const char *row, mz_str_t stem);


mz_str_t
mz_pl_stem(mz_pl_t *pl, mz_str_t text)
{
    int               len;
    size_t            i;
    const sb_symbol  *s;

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_irregulars); i++) {
        if (mz_str_eq_c(text, mz_pl_irregulars[i].form)) {
            return mz_str_from(mz_pl_irregulars[i].stem);
        }
    }

    if (text.len == 0 || text.len > MZ_PL_WORD_MAX) {
        return text;
    }

    s = sb_stemmer_stem(pl->stemmer, (const sb_symbol *) text.data,
                        (int) text.len);
    if (s == NULL) {
        pl->rc = MZ_NOMEM;
        return text;
    }

    len = sb_stemmer_length(pl->stemmer);

    return mz_pl_copy(pl, (mz_str_t) { (const char *) s, (size_t) len });
}


bool
mz_pl_is_common(mz_str_t text)
{
    return mz_pl_is_listed(mz_pl_everyday_words, mz_pl_neveryday_words, text)
           || mz_pl_is_listed(mz_pl_cue_words, mz_pl_ncue_words, text);
}


bool
mz_pl_is_determiner(mz_str_t text)
{
    return mz_pl_in_row("a an the our my your their his her its all these "
                        "those such", text);
}


/* Open addressing; no stem stands in two rows. */

mz_rc_t
mz_pl_read_synonyms(mz_pl_t *pl)
{
    size_t            i;
    mz_str_t          rest, w;
    mz_pl_sense_t    *sense;

    pl->senses = mz_pl_alloc(pl, MZ_PL_SENSES * sizeof(mz_pl_sense_t));
    if (pl->senses == NULL) {
        return MZ_NOMEM;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_synonyms); i++) {
        rest = mz_str_from(mz_pl_synonyms[i]);

        while (mz_str_split(&rest, ' ', &w)) {
            sense = mz_pl_sense(pl, w);
            sense->stem = w;
            sense->meaning = (unsigned) i + 1;
        }
    }

    return MZ_OK;
}


unsigned
mz_pl_meaning(const mz_pl_t *pl, mz_str_t stem)
{
    return mz_pl_sense(pl, stem)->meaning;
}


static mz_pl_sense_t *
mz_pl_sense(const mz_pl_t *pl, mz_str_t stem)
{
    size_t  i, h;

    h = 5381;
    for (i = 0; i < stem.len; i++) {
        h = h * 33 + (unsigned char) stem.data[i];
    }

    for (h %= MZ_PL_SENSES; pl->senses[h].meaning != 0
         && !mz_str_eq(pl->senses[h].stem, stem); h = (h + 1) % MZ_PL_SENSES)
    {
        /* void */
    }

    return &pl->senses[h];
}


size_t
mz_pl_distance(mz_str_t a, mz_str_t b, size_t max)
{
    size_t  i, j, best, cost, v;
    size_t  row[3][MZ_PL_WORD_MAX + 2];
    size_t  *prev2, *prev, *cur, *t;

    if (a.len > MZ_PL_WORD_MAX || b.len > MZ_PL_WORD_MAX
        || (a.len > b.len ? a.len - b.len : b.len - a.len) > max)
    {
        return max + 1;
    }

    prev2 = row[0];
    prev = row[1];
    cur = row[2];

    for (j = 0; j <= b.len; j++) {
        prev[j] = j;
        prev2[j] = j;
    }

    for (i = 1; i <= a.len; i++) {
        cur[0] = i;
        best = i;

        for (j = 1; j <= b.len; j++) {
            cost = a.data[i - 1] != b.data[j - 1];
            v = prev[j - 1] + cost;
            v = prev[j] + 1 < v ? prev[j] + 1 : v;
            v = cur[j - 1] + 1 < v ? cur[j - 1] + 1 : v;

            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2]
                && a.data[i - 2] == b.data[j - 1] && prev2[j - 2] + 1 < v)
            {
                v = prev2[j - 2] + 1;
            }

            cur[j] = v;
            best = v < best ? v : best;
        }

        if (best > max) {
            return max + 1;
        }

        t = prev2;
        prev2 = prev;
        prev = cur;
        cur = t;
    }

    return prev[b.len];
}


static bool
mz_pl_in_row(const char *row, mz_str_t stem)
{
    mz_str_t  rest, w;

    rest = mz_str_from(row);
    while (mz_str_split(&rest, ' ', &w)) {
        if (mz_str_eq(w, stem)) {
            return true;
        }
    }

    return false;
}


bool
mz_pl_is_listed(const char *const *list, size_t n, mz_str_t s)
{
    int     c;
    size_t  lo, hi, mid;

    lo = 0;
    hi = n;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;
        c = mz_str_cmp(s, mz_str_from(list[mid]));
        if (c == 0) {
            return true;
        }

        if (c < 0) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }

    return false;
}
