
#include "agent/plan/planner_slots.h"


enum {
    MZ_PL_C_SET = 1,
    MZ_PL_C_NOT_SET,
    MZ_PL_C_EXCLUDE,            /* not set, where it can be */
    MZ_PL_C_NONE,               /* of a number: 0, else not set */
    MZ_PL_C_CONTAINS,
    MZ_PL_C_NOT_CONTAINS,
    MZ_PL_C_EQ,
    MZ_PL_C_NEQ,
    MZ_PL_C_LITERAL             /* the value right behind, quoted or so */
};

static const mz_pl_rule_t  mz_pl_condition_rules[] = {
    { "%P not|never|doesnt|dont|didnt|does ~contain|includ|includes|"
      "include|~match|like %W", MZ_PL_C_NOT_CONTAINS, 0 },
    { "%P does|did|do not ~contain|include|~match %W", MZ_PL_C_NOT_CONTAINS,
      0 },
    { "%P that? ~contain|includes|include|including|~match|like|"
      "mentioning %W", MZ_PL_C_CONTAINS, 0 },
    { "%P is|was|are not set|present|given|known|filled", MZ_PL_C_NOT_SET,
      0 },
    { "%P is|was|are unset|missing|empty|null|blank|unknown|none",
      MZ_PL_C_NOT_SET, 0 },
    { "%P is|was|are set|present|known|filled|given", MZ_PL_C_SET, 0 },
    { "no|zero|without %P", MZ_PL_C_NONE, 0 },
    { "without|no|missing|lacking|empty|lack|lacks %P", MZ_PL_C_NOT_SET, 0 },
    { "excluding|except|exclude %P", MZ_PL_C_EXCLUDE, 0 },
    { "not|didnt|dont|never using|use|used|with|have|having %P",
      MZ_PL_C_NOT_SET, 0 },
    { "%P is|was|are|equals|=|==|: not|!= %W", MZ_PL_C_NEQ, 0 },
    { "%P isnt|wasnt|!= %W", MZ_PL_C_NEQ, 0 },
    { "%P is|was|are|equals|equal|=|==|:|of to? %W", MZ_PL_C_EQ, 0 },
    { "%P ~redeem|~appli|used", MZ_PL_C_SET, 0 },
    { "%P %W", MZ_PL_C_LITERAL, 0 },
    { "with|using|used|use|uses|has|having|have|had|applied|apply|had "
      "valid|some|any? %P", MZ_PL_C_SET, 0 },
};

static const char  mz_pl_between_words[] =
    "is was are were has had of with a the an be being value worth that "
    "equal to where by";


static bool mz_pl_read_threshold(mz_pl_t *pl, size_t pos, size_t *end);
static void mz_pl_threshold_of_property(mz_pl_t *pl, size_t item,
    mz_pl_threshold_t *t);
static double mz_pl_scaled(const mz_pl_t *pl, const mz_pl_item_t *it,
    mz_pl_threshold_t *t);
static size_t mz_pl_item_before(const mz_pl_t *pl, size_t pos);
static size_t mz_pl_item_after(const mz_pl_t *pl, size_t pos);
static size_t mz_pl_event_near(const mz_pl_t *pl, size_t pos);
static bool mz_pl_read_condition(mz_pl_t *pl, size_t pos, size_t *end);
static const char *mz_pl_condition_op(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m, json_t **value);
static bool mz_pl_is_literal(mz_pl_t *pl, const mz_pl_rule_t *rule,
    size_t i);
static json_t *mz_pl_literal(mz_pl_t *pl, const mz_pl_item_t *it,
    size_t pos, size_t *end);
static void mz_pl_push_condition(mz_pl_t *pl, size_t item, const char *op,
    json_t *value);


void
mz_pl_read_conditions(mz_pl_t *pl)
{
    size_t  i, end;

    for (i = 0; i < pl->ntok && pl->rc == MZ_OK; i++) {
        if (pl->tok[i].is_used) {
            continue;
        }

        if (mz_pl_read_threshold(pl, i, &end)
            || mz_pl_read_condition(pl, i, &end))
        {
            mz_pl_use(pl, i, end);
            i = end - 1;
        }
    }
}


/* A threshold belongs to what stands before it, then to what follows. */

static bool
mz_pl_read_threshold(mz_pl_t *pl, size_t pos, size_t *end)
{
    size_t             before, after, event;
    mz_pl_threshold_t  t;

    if (!mz_pl_threshold_at(pl, pos, &t)) {
        return false;
    }

    *end = t.end;
    before = mz_pl_item_before(pl, pos);
    after = mz_pl_item_after(pl, t.end);

    if (!t.is_times && before != MZ_PL_NONE
        && pl->item[before].kind == MZ_PL_PROPERTY
        && pl->item[before].props[0]->dtype != MZ_DTYPE_STRING)
    {
        mz_pl_threshold_of_property(pl, before, &t);
        *end = t.end;
        return true;
    }

    if (!t.is_times && !t.is_money && after != MZ_PL_NONE
        && pl->item[after].kind == MZ_PL_PROPERTY
        && mz_pl_is_amount(pl, pl->item[after].props[0]))
    {
        mz_pl_threshold_of_property(pl, after, &t);
        *end = t.end;
        return true;
    }

    if (!t.is_times && !t.is_money && after != MZ_PL_NONE
        && pl->item[after].kind == MZ_PL_EVENT && !t.is_between)
    {
        pl->item[after].count_op = t.op;
        pl->item[after].count = t.value;
        return true;
    }

    if (pl->slot.has_spend && !t.is_times && !t.is_between) {
        pl->slot.spend_op = t.op;
        pl->slot.spend = t.value;
        return true;
    }

    event = mz_pl_event_near(pl, pos);
    if (event == MZ_PL_NONE || (t.is_between && !t.is_money)) {
        return false;
    }

    if (t.is_money || !t.is_times) {
        pl->slot.money_op = t.op;
        pl->slot.money = t.value;
        pl->slot.money2 = t.value2;
        return true;
    }

    pl->item[event].count_op = t.op;
    pl->item[event].count = t.value;

    return true;
}


static void
mz_pl_threshold_of_property(mz_pl_t *pl, size_t item, mz_pl_threshold_t *t)
{
    double         scale;
    mz_pl_item_t  *it;

    it = &pl->item[item];
    scale = mz_pl_scaled(pl, it, t);
    it->is_used = true;

    if (t->is_between) {
        mz_pl_push_condition(pl, item, "gte",
                             mz_pl_number(pl, t->value * scale));
        mz_pl_push_condition(pl, item, "lte",
                             mz_pl_number(pl, t->value2 * scale));
        return;
    }

    mz_pl_push_condition(pl, item, t->op,
                         mz_pl_number(pl, t->value * scale));
}


/* "over 3 seconds" of a property that counts milliseconds. */

static double
mz_pl_scaled(const mz_pl_t *pl, const mz_pl_item_t *it,
    mz_pl_threshold_t *t)
{
    double               unit, seconds;
    const mz_pl_name_t  *name;

    if (mz_pl_is_any(pl, t->end, "second seconds s sec secs")) {
        seconds = 1;
    } else if (mz_pl_is_any(pl, t->end, "minute minutes minimum")) {
        seconds = 60;
    } else if (mz_pl_is_any(pl, t->end, "hour hours")) {
        seconds = 3600;
    } else {
        t->end += mz_pl_is_any(pl, t->end, "ms milliseconds");
        return 1;
    }

    t->end++;
    name = &pl->prop_names[it->props[0] - pl->cat->properties];
    unit = 1;

    if (name->n > 0 && mz_str_eq_c(name->word[name->n - 1], "ms")) {
        unit = 0.001;
    } else if (name->n > 0 && mz_str_has_prefix(name->word[name->n - 1],
                                                mz_str("min")))
    {
        unit = 60;
    }

    return seconds / unit;
}


static size_t
mz_pl_item_before(const mz_pl_t *pl, size_t pos)
{
    while (pos > 0 && mz_pl_is_any(pl, pos - 1, mz_pl_between_words)) {
        pos--;
    }

    return pos > 0 ? pl->tok[pos - 1].item : MZ_PL_NONE;
}


static size_t
mz_pl_item_after(const mz_pl_t *pl, size_t pos)
{
    while (mz_pl_is_any(pl, pos, "of the different unique a separate")) {
        pos++;
    }

    return pos < pl->ntok ? pl->tok[pos].item : MZ_PL_NONE;
}


/* The event before a place, else the first behind it. */

static size_t
mz_pl_event_near(const mz_pl_t *pl, size_t pos)
{
    size_t  i, found;

    found = MZ_PL_NONE;

    for (i = 0; i < pl->nitems; i++) {
        if (pl->item[i].kind == MZ_PL_EVENT
            && (pl->item[i].first < pos || found == MZ_PL_NONE))
        {
            found = i;
        }
    }

    return found;
}


static bool
mz_pl_read_condition(mz_pl_t *pl, size_t pos, size_t *end)
{
    json_t              *value;
    const char          *op;
    mz_pl_item_t        *it;
    mz_pl_match_t        m;
    const mz_pl_rule_t  *rule;

    rule = mz_pl_match_at(pl, mz_pl_condition_rules,
                          MZ_ARRAY_LEN(mz_pl_condition_rules), pos, &m);
    if (rule == NULL) {
        return false;
    }

    it = &pl->item[m.item[0]];
    if (it->is_used) {
        return false;
    }

    *end = m.end;
    value = NULL;

    op = mz_pl_condition_op(pl, rule, &m, &value);
    if (op == NULL) {
        return false;
    }

    if (m.ntok > 0) {
        if (!mz_pl_is_literal(pl, rule, m.tok[0])) {
            return false;
        }

        value = mz_pl_literal(pl, it, m.tok[0], end);
    }

    it->is_used = true;
    mz_pl_push_condition(pl, m.item[0], op, value);

    return true;
}


/* NULL: the words mean something else. */

static const char *
mz_pl_condition_op(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m, json_t **value)
{
    const char          *op;
    const mz_pl_item_t  *it;

    it = &pl->item[m->item[0]];

    switch (rule->what) {

    case MZ_PL_C_NONE:
        op = "not_set";
        if (it->props[0]->dtype == MZ_DTYPE_INT64) {
            op = "eq";
            *value = mz_pl_number(pl, 0);
        }

        break;

    case MZ_PL_C_EXCLUDE:
        if (!it->props[0]->has_nulls
            || mz_pl_match(pl, "%W the? %P %V", m->first,
                           &(mz_pl_match_t) { 0 }))
        {
            return NULL;
        }

        op = "not_set";
        break;

    case MZ_PL_C_SET:
    case MZ_PL_C_NOT_SET:
        if (mz_pl_is_amount(pl, it->props[0])
            || (m->end < pl->ntok && pl->tok[m->end].item != MZ_PL_NONE
                && pl->item[pl->tok[m->end].item].kind == MZ_PL_VALUE))
        {
            return NULL;
        }

        op = rule->what == MZ_PL_C_SET ? "is_set" : "not_set";
        break;

    case MZ_PL_C_CONTAINS:
        op = "contains";
        break;

    case MZ_PL_C_NOT_CONTAINS:
        op = "not_contains";
        break;

    case MZ_PL_C_NEQ:
        op = "neq";
        break;

    default:
        op = "eq";
    }

    return op;
}


/* Whether a token can be the value of a condition; it is then no other. */

static bool
mz_pl_is_literal(mz_pl_t *pl, const mz_pl_rule_t *rule, size_t i)
{
    bool            is_contains;
    mz_pl_item_t   *it;
    mz_pl_token_t  *t;

    t = &pl->tok[i];
    it = t->item != MZ_PL_NONE ? &pl->item[t->item] : NULL;
    is_contains = rule->what == MZ_PL_C_CONTAINS
                  || rule->what == MZ_PL_C_NOT_CONTAINS;

    /* "query contains shoes": shoes are no category here */

    if (it != NULL && !(is_contains && it->kind == MZ_PL_VALUE)) {
        return false;
    }

    if (t->is_used
        || (rule->what == MZ_PL_C_LITERAL && !t->is_quoted
            && strchr("0123456789", t->raw.data[0]) == NULL)
        || (t->is_common && t->kind == MZ_PL_WORD && !t->is_quoted))
    {
        return false;
    }

    if (it != NULL) {
        it->is_used = true;
    }

    return true;
}


/* A quoted run, or words written together: "summer_sale". */

static json_t *
mz_pl_literal(mz_pl_t *pl, const mz_pl_item_t *it, size_t pos, size_t *end)
{
    size_t  i;

    for (i = pos + 1; i < pl->ntok && (pl->tok[pos].is_quoted
         ? pl->tok[i].is_quoted : pl->tok[i].is_glued
         && pl->tok[i].kind != MZ_PL_PUNCT); i++)
    {
        /* void */
    }

    *end = i;

    if (it->props[0]->dtype != MZ_DTYPE_STRING
        && pl->tok[pos].kind == MZ_PL_NUMBER)
    {
        return mz_pl_number(pl, pl->tok[pos].num);
    }

    return mz_pl_text(pl, mz_pl_raw(pl, pos, i));
}


static void
mz_pl_push_condition(mz_pl_t *pl, size_t item, const char *op,
    json_t *value)
{
    json_t  *f;

    f = mz_pl_keep(pl, json_object());
    mz_pl_set(pl, f, "item", mz_pl_keep(pl, json_integer((int) item)));
    mz_pl_set_c(pl, f, "op", op);

    if (value != NULL) {
        mz_pl_set(pl, f, "value", value);
    }

    mz_pl_push(pl, pl->slot.filters, f);
}
