
#include "agent/sample/sample_model.h"


#define SET(values)  { (values), (int) MZ_ARRAY_LEN(values) }

static const mz_sample_value_t  countries[] = {
    { "US", 34 }, { "GB", 11 }, { "DE", 10 }, { "FR", 8 }, { "HU", 4 },
    { "IN", 13 }, { "BR", 8 },  { "JP", 5 },  { "CA", 4 }, { "AU", 3 },
};

static const mz_sample_value_t  platforms[] = {
    { "web", 58 }, { "ios", 23 }, { "android", 19 },
};

static const mz_sample_value_t  devices[] = {
    { "desktop", 1 }, { "mobile", 1 }, { "tablet", 1 },
};

static const mz_sample_value_t  devices_web[] = {
    { "desktop", 68 }, { "mobile", 26 }, { "tablet", 6 },
};

static const mz_sample_value_t  devices_ios[] = {
    { "desktop", 0 }, { "mobile", 84 }, { "tablet", 16 },
};

static const mz_sample_value_t  devices_android[] = {
    { "desktop", 0 }, { "mobile", 93 }, { "tablet", 7 },
};

static const mz_sample_value_t  browsers[] = {
    { "chrome", 58 }, { "safari", 18 }, { "firefox", 11 }, { "edge", 13 },
};

static const mz_sample_value_t  browsers_ios[] = {
    { "chrome", 6 }, { "safari", 94 },
};

static const mz_sample_value_t  browsers_android[] = {
    { "chrome", 90 }, { "safari", 0 }, { "firefox", 8 }, { "edge", 2 },
};

static const mz_sample_value_t  plans[] = {
    { "free", 0 }, { "starter", 1 }, { "pro", 1 }, { "enterprise", 1 },
};

static const mz_sample_value_t  channels[] = {
    { "organic", 29 }, { "paid_search", 21 }, { "paid_social", 17 },
    { "email", 8 },    { "referral", 9 },     { "direct", 16 },
};

/* How those come back who know the product. */
static const mz_sample_value_t  returns[] = {
    { "organic", 20 }, { "paid_search", 7 }, { "paid_social", 4 },
    { "email", 22 },   { "referral", 3 },    { "direct", 44 },
};

static const mz_sample_value_t  campaigns[] = {
    { "brand_search", 1 },  { "generic_search", 1 }, { "spring_launch", 1 },
    { "lookalike", 1 },     { "retargeting", 1 },    { "newsletter", 1 },
    { "winback", 1 },       { "onboarding", 1 },     { "partner_deal", 1 },
};

static const mz_sample_value_t  campaigns_search[] = {
    { "", 55 }, { "", 45 },
};

static const mz_sample_value_t  campaigns_social[] = {
    { "", 0 }, { "", 0 }, { "", 25 }, { "", 45 }, { "", 30 },
};

static const mz_sample_value_t  campaigns_email[] = {
    { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 55 },
    { "", 20 }, { "", 25 },
};

static const mz_sample_value_t  campaigns_referral[] = {
    { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 },
    { "", 0 }, { "", 0 }, { "", 1 },
};

/* Old releases come first; the play picks by date. */
static const mz_sample_value_t  versions[] = {
    { "3.0.0", 1 },  { "3.1.0", 1 },  { "3.2.0", 1 },  { "3.3.0", 1 },
    { "3.4.0", 1 },  { "3.5.0", 1 },  { "3.6.0", 1 },  { "3.7.0", 1 },
    { "3.8.0", 1 },  { "3.9.0", 1 },  { "3.10.0", 1 }, { "4.0.0", 1 },
    { "4.1.0", 1 },  { "4.2.0", 1 },  { "4.3.0", 1 },  { "4.4.0", 1 },
};

static const mz_sample_value_t  pages[] = {
    { "home", 44 }, { "pricing", 13 }, { "blog", 17 }, { "docs", 9 },
    { "deals", 17 },
};

static const mz_sample_value_t  referrers[] = {
    { "google", 1 },    { "bing", 1 },   { "duckduckgo", 1 },
    { "facebook", 1 },  { "instagram", 1 }, { "tiktok", 1 },
    { "newsletter", 1 }, { "partner", 1 }, { "none", 1 },
};

static const mz_sample_value_t  referrers_organic[] = {
    { "", 81 }, { "", 12 }, { "", 7 },
};

static const mz_sample_value_t  referrers_search[] = {
    { "", 86 }, { "", 14 },
};

static const mz_sample_value_t  referrers_social[] = {
    { "", 0 }, { "", 0 }, { "", 0 }, { "", 36 }, { "", 41 }, { "", 23 },
};

static const mz_sample_value_t  referrers_email[] = {
    { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 },
    { "", 1 },
};

static const mz_sample_value_t  referrers_referral[] = {
    { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 },
    { "", 0 }, { "", 1 },
};

static const mz_sample_value_t  referrers_direct[] = {
    { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 }, { "", 0 },
    { "", 0 }, { "", 0 }, { "", 1 },
};

static const mz_sample_value_t  methods[] = {
    { "email", 47 }, { "google", 34 }, { "apple", 12 }, { "github", 7 },
};

static const mz_sample_value_t  queries[] = {
    { "running shoes", 14 },   { "headphones", 12 },  { "jacket", 10 },
    { "sale", 9 },             { "lamp", 7 },         { "moisturizer", 6 },
    { "cookbook", 5 },         { "sneakers", 9 },     { "usb c cable", 8 },
    { "desk", 5 },             { "novel", 4 },        { "jeans", 7 },
    { "backpack", 6 },         { "phone case", 8 },   { "gift card", 5 },
    { "sunscreen", 4 },        { "coffee maker", 6 }, { "dress", 7 },
    { "keyboard", 6 },         { "boots", 6 },        { "rug", 3 },
    { "lipstick", 4 },         { "t-shirt", 8 },      { "charger", 5 },
    { "travel guide", 2 },
};

static const mz_sample_value_t  categories[] = {
    { "shoes", 18 },  { "clothing", 26 }, { "electronics", 20 },
    { "home", 15 },   { "beauty", 12 },   { "books", 9 },
};

static const mz_sample_value_t  coupons[] = {
    { "WELCOME10", 50 }, { "SPRING15", 20 }, { "FREESHIP", 20 },
    { "VIP20", 10 },
};

static const mz_sample_value_t  payments[] = {
    { "card", 58 }, { "paypal", 23 }, { "apple_pay", 13 },
    { "bank_transfer", 6 },
};

static const mz_sample_value_t  refund_reasons[] = {
    { "damaged", 22 }, { "wrong_item", 15 }, { "late", 18 },
    { "changed_mind", 45 },
};

static const mz_sample_value_t  cancel_reasons[] = {
    { "too_expensive", 34 }, { "missing_feature", 22 }, { "switched", 14 },
    { "unused", 21 },        { "other", 9 },
};

static const mz_sample_value_t  trial_plans[] = {
    { "free", 0 }, { "starter", 45 }, { "pro", 42 }, { "enterprise", 13 },
};

static const mz_sample_value_t  intervals[] = {
    { "monthly", 72 }, { "yearly", 28 },
};

static const mz_sample_value_t  features[] = {
    { "export", 21 }, { "dashboard", 34 }, { "api", 14 }, { "invite", 6 },
    { "report", 17 }, { "integrations", 8 },
};

static const mz_sample_value_t  roles[] = {
    { "member", 62 }, { "viewer", 25 }, { "admin", 13 },
};

static const mz_sample_value_t  topics[] = {
    { "billing", 24 },  { "bug", 30 }, { "how_to", 26 }, { "account", 12 },
    { "delivery", 8 },
};

static const mz_sample_value_t  priorities[] = {
    { "low", 40 }, { "normal", 43 }, { "high", 14 }, { "urgent", 3 },
};

static const mz_sample_value_t  codes[] = {
    { "404", 34 }, { "500", 26 }, { "timeout", 20 }, { "403", 10 },
    { "payment_failed", 10 },
};

static const mz_sample_value_t  classes[] = {
    { "one_shot", 30 }, { "casual", 38 }, { "regular", 22 }, { "power", 10 },
};

static const mz_sample_value_t  hours[] = {
    { "", 12 }, { "", 8 },  { "", 5 },  { "", 4 },  { "", 4 },  { "", 7 },
    { "", 16 }, { "", 30 }, { "", 46 }, { "", 58 }, { "", 62 }, { "", 60 },
    { "", 58 }, { "", 57 }, { "", 56 }, { "", 54 }, { "", 53 }, { "", 55 },
    { "", 60 }, { "", 68 }, { "", 71 }, { "", 62 }, { "", 42 }, { "", 24 },
};

const mz_sample_set_t  mz_sample_commons[MZ_SAMPLE_COMMON] = {
    SET(countries), SET(platforms), SET(devices), SET(browsers), SET(plans),
    SET(channels), SET(campaigns), SET(versions),
};

const mz_sample_set_t  mz_sample_pages = SET(pages);
const mz_sample_set_t  mz_sample_returns = SET(returns);
const mz_sample_set_t  mz_sample_trial_plans = SET(trial_plans);
const mz_sample_set_t  mz_sample_classes_set = SET(classes);
const mz_sample_set_t  mz_sample_hours = SET(hours);

const mz_sample_set_t  mz_sample_devices[] = {
    SET(devices_web), SET(devices_ios), SET(devices_android),
};

const mz_sample_set_t  mz_sample_browsers[] = {
    SET(browsers), SET(browsers_ios), SET(browsers_android),
};

const mz_sample_set_t  mz_sample_referrers[] = {
    SET(referrers_organic), SET(referrers_search), SET(referrers_social),
    SET(referrers_email), SET(referrers_referral), SET(referrers_direct),
};

const mz_sample_set_t  mz_sample_campaigns[] = {
    { NULL, 0 }, SET(campaigns_search), SET(campaigns_social),
    SET(campaigns_email), SET(campaigns_referral), { NULL, 0 },
};

static const mz_sample_set_t  set_referrers = SET(referrers);
static const mz_sample_set_t  set_methods = SET(methods);
static const mz_sample_set_t  set_queries = SET(queries);
static const mz_sample_set_t  set_categories = SET(categories);
static const mz_sample_set_t  set_coupons = SET(coupons);
static const mz_sample_set_t  set_payments = SET(payments);
static const mz_sample_set_t  set_refund_reasons = SET(refund_reasons);
static const mz_sample_set_t  set_cancel_reasons = SET(cancel_reasons);
static const mz_sample_set_t  set_intervals = SET(intervals);
static const mz_sample_set_t  set_features = SET(features);
static const mz_sample_set_t  set_roles = SET(roles);
static const mz_sample_set_t  set_topics = SET(topics);
static const mz_sample_set_t  set_priorities = SET(priorities);
static const mz_sample_set_t  set_codes = SET(codes);

#define KIND(k)  MZ_SAMPLE_KIND_##k

const mz_sample_column_t  mz_sample_columns[MZ_SAMPLE_COLUMNS] = {
    { "event_time",     KIND(TIME),    NULL },
    { "event_name",     KIND(EVENT),   NULL },
    { "user_id",        KIND(USER),    "u_" },
    { "session_id",     KIND(SESSION), "s_" },
    { "country",        KIND(COMMON),  NULL },
    { "platform",       KIND(COMMON),  NULL },
    { "device",         KIND(COMMON),  NULL },
    { "browser",        KIND(COMMON),  NULL },
    { "plan",           KIND(COMMON),  NULL },
    { "channel",        KIND(COMMON),  NULL },
    { "campaign",       KIND(COMMON),  NULL },
    { "app_version",    KIND(COMMON),  NULL },
    { "page",           KIND(SET),     NULL },
    { "referrer",       KIND(SET),     NULL },
    { "load_time_ms",   KIND(INT),     NULL },
    { "method",         KIND(SET),     NULL },
    { "query",          KIND(SET),     NULL },
    { "results_count",  KIND(INT),     NULL },
    { "product_id",     KIND(ID),      "p_" },
    { "category",       KIND(SET),     NULL },
    { "price",          KIND(MONEY),   NULL },
    { "quantity",       KIND(INT),     NULL },
    { "cart_value",     KIND(MONEY),   NULL },
    { "item_count",     KIND(INT),     NULL },
    { "coupon",         KIND(SET),     NULL },
    { "order_id",       KIND(ID),      "o_" },
    { "revenue",        KIND(MONEY),   NULL },
    { "payment_method", KIND(SET),     NULL },
    { "amount",         KIND(MONEY),   NULL },
    { "reason",         KIND(SET),     NULL },
    { "trial_plan",     KIND(SET),     NULL },
    { "interval",       KIND(SET),     NULL },
    { "mrr",            KIND(MONEY),   NULL },
    { "feature",        KIND(SET),     NULL },
    { "duration_s",     KIND(INT),     NULL },
    { "role",           KIND(SET),     NULL },
    { "topic",          KIND(SET),     NULL },
    { "priority",       KIND(SET),     NULL },
    { "code",           KIND(SET),     NULL },
};

#define COL(c)  MZ_SAMPLE_COL_##c

const mz_sample_def_t  mz_sample_defs[MZ_SAMPLE_EVENTS] = {
    { "page_visit", {
        { COL(PAGE), &mz_sample_pages }, { COL(REFERRER), &set_referrers },
        { COL(LOAD_TIME), NULL } } },
    { "signup", { { COL(METHOD), &set_methods } } },
    { "login", { { COL(METHOD), &set_methods } } },
    { "search", { { COL(QUERY), &set_queries }, { COL(RESULTS), NULL } } },
    { "product_view", {
        { COL(PRODUCT), NULL }, { COL(CATEGORY), &set_categories },
        { COL(PRICE), NULL } } },
    { "add_to_cart", {
        { COL(PRODUCT), NULL }, { COL(CATEGORY), &set_categories },
        { COL(PRICE), NULL }, { COL(QUANTITY), NULL } } },
    { "remove_from_cart", {
        { COL(PRODUCT), NULL }, { COL(CATEGORY), &set_categories },
        { COL(PRICE), NULL }, { COL(QUANTITY), NULL } } },
    { "checkout", {
        { COL(CART_VALUE), NULL }, { COL(ITEMS), NULL },
        { COL(COUPON), &set_coupons } } },
    { "purchase", {
        { COL(ORDER), NULL }, { COL(REVENUE), NULL }, { COL(ITEMS), NULL },
        { COL(CATEGORY), &set_categories }, { COL(PAYMENT), &set_payments },
        { COL(COUPON), &set_coupons } } },
    { "refund", {
        { COL(ORDER), NULL }, { COL(AMOUNT), NULL },
        { COL(REASON), &set_refund_reasons } } },
    { "trial_start", { { COL(TRIAL_PLAN), &mz_sample_trial_plans } } },
    { "subscription_start", {
        { COL(INTERVAL), &set_intervals }, { COL(MRR), NULL } } },
    { "subscription_renew", {
        { COL(INTERVAL), &set_intervals }, { COL(MRR), NULL } } },
    { "subscription_cancel", {
        { COL(INTERVAL), &set_intervals }, { COL(MRR), NULL },
        { COL(REASON), &set_cancel_reasons } } },
    { "feature_used", {
        { COL(FEATURE), &set_features }, { COL(DURATION), NULL } } },
    { "invite_sent", { { COL(ROLE), &set_roles } } },
    { "support_ticket", {
        { COL(TOPIC), &set_topics }, { COL(PRIORITY), &set_priorities } } },
    { "error_shown", {
        { COL(CODE), &set_codes }, { COL(PAGE), &mz_sample_pages } } },
    { "email_open", { { COL(TIME), NULL } } },
};

const mz_sample_country_t  mz_sample_countries[] = {
    { -6, 1000 }, { 0, 980 },  { 1, 940 },  { 1, 890 },  { 1, 800 },
    { 5, 620 },   { -3, 680 }, { 9, 960 },  { -5, 985 }, { 10, 960 },
};

const mz_sample_channel_t  mz_sample_channels[] = {
    { 620, 420 }, { 560, 340 }, { 430, 230 }, { 700, 480 }, { 740, 550 },
    { 640, 400 },
};

const mz_sample_class_t  mz_sample_classes[] = {
    { 2,   40,  40,  80 },
    { 45,  260, 110, 200 },
    { 210, 130, 290, 420 },
    { 480, 46,  470, 600 },
};

/* Monday first. */
const int  mz_sample_weekdays[7] = { 100, 104, 103, 100, 92, 74, 78 };

/* By number of the month: a quiet summer, a loud end of the year. */
const int  mz_sample_months[13] = {
    0, 98, 95, 100, 101, 99, 95, 88, 90, 101, 104, 121, 126
};

const int  mz_sample_plan_cents[] = { 0, 1900, 4900, 19900 };
const int  mz_sample_device_buys[] = { 1000, 700, 840 };

/* Cents: the cheapest product of a category and the step to the next. */

static const struct {
    int  from;
    int  step;
} mz_sample_prices[] = {
    { 3990, 310 }, { 1490, 220 }, { 1990, 1130 }, { 990, 450 }, { 590, 140 },
    { 699, 85 },
};


int
mz_sample_pick(mz_sample_rand_t *r, const mz_sample_set_t *set)
{
    int      i, total;
    int64_t  x;

    total = 0;
    for (i = 0; i < set->n; i++) {
        total += set->v[i].weight;
    }

    x = mz_sample_rand_below(r, total);

    for (i = 0; x >= set->v[i].weight; i++) {
        x -= set->v[i].weight;
    }

    return i;
}


int32_t
mz_sample_price(int product)
{
    int  category, k;

    category = (product - MZ_SAMPLE_PRODUCT_FIRST) / MZ_SAMPLE_PRODUCTS_EACH;
    k = (product - MZ_SAMPLE_PRODUCT_FIRST) % MZ_SAMPLE_PRODUCTS_EACH;

    return mz_sample_prices[category].from
           + k * mz_sample_prices[category].step;
}


const mz_sample_set_t *
mz_sample_own_set(mz_sample_name_t name, mz_sample_col_t column)
{
    int                     i;
    const mz_sample_own_t  *own;

    own = mz_sample_defs[name].own;

    for (i = 0; own[i].column != column; i++) {
        /* void */
    }

    return own[i].set;
}
