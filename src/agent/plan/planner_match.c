
#include "agent/plan/planner_core.h"
#include "agent/plan/planner_date.h"


/* What counts of days and the like are cut to, so that sums stay whole. */
#define MZ_PL_NUMBER_MAX  1e6


/*
 * The pattern language.  Elements are separated by single spaces:
 *
 *     word        that word            ~stem   a word of that stem
 *     #           a number             d#      a code: d7
 *     %U          a unit of time       %D      a date or a calendar time
 *     %E %P %V    an event, property, value of the catalog
 *     %W          any word             ..      up to four tokens
 *     %^          the question begins  $       it ends
 *     a|b         one of them          x?      may be absent
 *
 * Determiners ("the", "our") between elements are skipped.
 */

#define MZ_PL_GAP  4

typedef struct {
    const mz_pl_t  *pl;
    mz_pl_match_t  *m;
} mz_pl_matcher_t;


static bool mz_pl_elements(mz_pl_matcher_t *mm, const char *p, size_t pos);
static bool mz_pl_gap(mz_pl_matcher_t *mm, const char *rest, size_t pos);
static bool mz_pl_element(mz_pl_matcher_t *mm, mz_str_t alts, size_t pos,
    size_t *end);
static bool mz_pl_alternative(mz_pl_matcher_t *mm, mz_str_t alt, size_t pos,
    size_t *end);
static bool mz_pl_class(mz_pl_matcher_t *mm, char c, size_t pos,
    size_t *end);
static bool mz_pl_class_item(mz_pl_matcher_t *mm, mz_pl_item_kind_t kind,
    size_t pos, size_t *end);
static bool mz_pl_class_unit(mz_pl_matcher_t *mm, size_t pos, size_t *end);
static bool mz_pl_at_end(const mz_pl_t *pl, size_t pos);
static bool mz_pl_hear(mz_pl_match_t *m, size_t tok);
static void mz_pl_capture_number(mz_pl_match_t *m, double num);


bool
mz_pl_match(const mz_pl_t *pl, const char *pattern, size_t pos,
    mz_pl_match_t *m)
{
    size_t           i;
    mz_pl_matcher_t  mm;

    memset(m, 0, sizeof(mz_pl_match_t));
    m->first = pos;

    mm.pl = pl;
    mm.m = m;

    if (!mz_pl_elements(&mm, pattern, pos) || m->end <= pos) {
        return false;
    }

    for (i = 0; i < m->nheard && !pl->is_deaf; i++) {
        pl->heard[m->heard[i]] = true;
    }

    return true;
}


const mz_pl_rule_t *
mz_pl_match_at(const mz_pl_t *pl, const mz_pl_rule_t *rules, size_t n,
    size_t pos, mz_pl_match_t *m)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (mz_pl_match(pl, rules[i].pattern, pos, m)) {
            return &rules[i];
        }
    }

    return NULL;
}


const mz_pl_rule_t *
mz_pl_find(const mz_pl_t *pl, const mz_pl_rule_t *rules, size_t n,
    size_t from, mz_pl_match_t *m)
{
    size_t               i;
    const mz_pl_rule_t  *rule;

    for (i = from; i < pl->ntok; i++) {
        rule = mz_pl_match_at(pl, rules, n, i, m);
        if (rule != NULL) {
            return rule;
        }
    }

    return NULL;
}


bool
mz_pl_has(const mz_pl_t *pl, const char *const *patterns, size_t n,
    mz_pl_match_t *m)
{
    size_t         i, k;
    mz_pl_match_t  local;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < n; k++) {
            if (mz_pl_match(pl, patterns[k], i, m != NULL ? m : &local)) {
                return true;
            }
        }
    }

    return false;
}


bool
mz_pl_is(const mz_pl_t *pl, size_t i, const char *text)
{
    if (i >= pl->ntok || !mz_str_eq_c(pl->tok[i].text, text)) {
        return false;
    }

    pl->heard[i] = pl->heard[i] || !pl->is_deaf;

    return true;
}


bool
mz_pl_is_any(const mz_pl_t *pl, size_t i, const char *words)
{
    mz_str_t  rest, w;

    if (i >= pl->ntok) {
        return false;
    }

    rest = mz_str_from(words);
    while (mz_str_split(&rest, ' ', &w)) {
        if (mz_str_eq(pl->tok[i].text, w)) {
            pl->heard[i] = pl->heard[i] || !pl->is_deaf;
            return true;
        }
    }

    return false;
}


void
mz_pl_use(mz_pl_t *pl, size_t first, size_t end)
{
    size_t  i;

    for (i = first; i < end && i < pl->ntok; i++) {
        pl->tok[i].is_used = true;
    }
}


mz_str_t
mz_pl_raw(const mz_pl_t *pl, size_t first, size_t end)
{
    const char  *from, *to;

    if (first >= end || end > pl->ntok) {
        return mz_str("");
    }

    from = pl->tok[first].raw.data;
    to = pl->tok[end - 1].raw.data + pl->tok[end - 1].raw.len;

    return (mz_str_t) { from, (size_t) (to - from) };
}


static bool
mz_pl_elements(mz_pl_matcher_t *mm, const char *p, size_t pos)
{
    bool           is_optional;
    size_t         end, from;
    mz_str_t       alts;
    const char    *rest;
    mz_pl_match_t  saved;

    if (*p == '\0') {
        mm->m->end = pos;
        return true;
    }

    alts.data = p;
    alts.len = strcspn(p, " ");
    rest = p + alts.len;
    rest += *rest == ' ';

    if (mz_str_eq_c(alts, "..")) {
        return mz_pl_gap(mm, rest, pos);
    }

    is_optional = alts.len > 1 && alts.data[alts.len - 1] == '?';
    alts.len -= is_optional;

    saved = *mm->m;
    from = pos;

    /* any word at all is taken only where it must be */

    if (is_optional && mz_str_eq_c(alts, "%W")) {
        if (mz_pl_elements(mm, rest, pos)) {
            return true;
        }

        *mm->m = saved;
    }

    for ( ;; ) {
        if (mz_pl_element(mm, alts, from, &end)
            && mz_pl_elements(mm, rest, end))
        {
            return true;
        }

        *mm->m = saved;

        if (from == mm->m->first || from >= mm->pl->ntok
            || !mm->pl->tok[from].is_determiner)
        {
            break;
        }

        from++;
    }

    return is_optional && mz_pl_elements(mm, rest, pos);
}


static bool
mz_pl_gap(mz_pl_matcher_t *mm, const char *rest, size_t pos)
{
    size_t         i;
    mz_pl_match_t  saved;

    saved = *mm->m;

    for (i = 0; i <= MZ_PL_GAP && pos + i <= mm->pl->ntok; i++) {
        if (mz_pl_elements(mm, rest, pos + i)) {
            return true;
        }

        *mm->m = saved;
    }

    return false;
}


static bool
mz_pl_element(mz_pl_matcher_t *mm, mz_str_t alts, size_t pos, size_t *end)
{
    mz_str_t  alt;

    while (mz_str_split(&alts, '|', &alt)) {
        if (mz_pl_alternative(mm, alt, pos, end)) {
            return true;
        }
    }

    return false;
}


static bool
mz_pl_alternative(mz_pl_matcher_t *mm, mz_str_t alt, size_t pos,
    size_t *end)
{
    mz_str_t              stem;
    const mz_pl_token_t  *t;

    if (alt.len == 2 && alt.data[0] == '%') {
        return mz_pl_class(mm, alt.data[1], pos, end);
    }

    if (mz_str_eq_c(alt, "$")) {
        *end = pos;
        return mz_pl_at_end(mm->pl, pos);
    }

    if (pos >= mm->pl->ntok || alt.len == 0) {
        return false;
    }

    t = &mm->pl->tok[pos];
    *end = pos + 1;

    if (alt.data[0] == '~') {
        stem = (mz_str_t) { alt.data + 1, alt.len - 1 };
        return mz_str_eq(t->stem, stem) && mz_pl_hear(mm->m, pos);
    }

    if (alt.data[alt.len - 1] == '#') {
        if (t->kind != (alt.len == 1 ? MZ_PL_NUMBER : MZ_PL_CODE)
            || (alt.len == 2 && t->text.data[0] != alt.data[0]))
        {
            return false;
        }

        mz_pl_capture_number(mm->m, t->num);
        return mz_pl_hear(mm->m, pos);
    }

    return mz_str_eq(t->text, alt) && mz_pl_hear(mm->m, pos);
}


static bool
mz_pl_class(mz_pl_matcher_t *mm, char c, size_t pos, size_t *end)
{
    mz_pl_date_t  date;

    *end = pos;

    switch (c) {

    case '^':
        return pos == 0;

    case 'U':
        return mz_pl_class_unit(mm, pos, end);

    case 'D':
        if (mm->m->ndate == MZ_PL_CAPTURES
            || !mz_pl_date_at(mm->pl, pos, end, &date))
        {
            return false;
        }

        mm->m->date[mm->m->ndate++] = pos;
        return true;

    case 'E':
        return mz_pl_class_item(mm, MZ_PL_EVENT, pos, end);

    case 'P':
        return mz_pl_class_item(mm, MZ_PL_PROPERTY, pos, end);

    case 'V':
        return mz_pl_class_item(mm, MZ_PL_VALUE, pos, end);

    default:
        break;
    }

    if (pos >= mm->pl->ntok || mm->pl->tok[pos].kind == MZ_PL_PUNCT
        || mm->m->ntok == MZ_PL_CAPTURES)
    {
        return false;
    }

    mm->m->tok[mm->m->ntok++] = pos;
    *end = pos + 1;

    return true;
}


static bool
mz_pl_class_item(mz_pl_matcher_t *mm, mz_pl_item_kind_t kind, size_t pos,
    size_t *end)
{
    size_t               i;
    const mz_pl_item_t  *it;

    for (i = 0; i < mm->pl->nitems; i++) {
        it = &mm->pl->item[i];
        if (it->kind == kind && it->first == pos && !it->is_hint
            && mm->m->nitem < MZ_PL_CAPTURES)
        {
            mm->m->item[mm->m->nitem++] = i;
            *end = it->last + 1;
            return true;
        }
    }

    return false;
}


static bool
mz_pl_class_unit(mz_pl_matcher_t *mm, size_t pos, size_t *end)
{
    mz_unit_t  unit;

    if (pos >= mm->pl->ntok || mm->m->nunit == MZ_PL_CAPTURES
        || mz_unit_parse(mm->pl->tok[pos].text, &unit) != MZ_OK)
    {
        return false;
    }

    mm->m->unit[mm->m->nunit++] = (int) unit;
    *end = pos + 1;

    return mz_pl_hear(mm->m, pos);
}


static bool
mz_pl_at_end(const mz_pl_t *pl, size_t pos)
{
    for ( /* void */ ; pos < pl->ntok; pos++) {
        if (pl->tok[pos].kind != MZ_PL_PUNCT && !pl->tok[pos].is_taken) {
            return false;
        }
    }

    return true;
}


/* Always true, so that it can end a condition. */

static bool
mz_pl_hear(mz_pl_match_t *m, size_t tok)
{
    if (m->nheard < MZ_PL_HEARD_MAX) {
        m->heard[m->nheard++] = (uint8_t) tok;
    }

    return true;
}


static void
mz_pl_capture_number(mz_pl_match_t *m, double num)
{
    if (m->nnum < MZ_PL_CAPTURES) {
        m->num[m->nnum++] = num < MZ_PL_NUMBER_MAX ? num : MZ_PL_NUMBER_MAX;
    }
}
