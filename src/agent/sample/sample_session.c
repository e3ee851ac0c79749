
/* One session: what a user does between coming and going. */

#include "agent/sample/sample_play.h"


#define MZ_SAMPLE_SHOPS          440    /* permille of sessions */
#define MZ_SAMPLE_ADDS           230    /* of product views */
#define MZ_SAMPLE_REMOVES        110    /* of carts */
#define MZ_SAMPLE_CHECKS_OUT     560    /* of carts */
#define MZ_SAMPLE_COMES_BACK     260    /* of carts left behind */
#define MZ_SAMPLE_PAYS           760    /* of checkouts */
#define MZ_SAMPLE_PAYS_BROKEN    400    /* of those, while it is broken */
#define MZ_SAMPLE_GUEST_JOINS    550    /* of guests at the checkout */
#define MZ_SAMPLE_REFUNDS        40     /* of purchases */
#define MZ_SAMPLE_COUPONS        180    /* of checkouts */

static void mz_sample_session_channel(mz_sample_session_t *s);
static void mz_sample_session_device(mz_sample_session_t *s);
static void mz_sample_session_campaign(mz_sample_session_t *s);
static void mz_sample_session_open(mz_sample_session_t *s);
static void mz_sample_session_join(mz_sample_session_t *s);
static void mz_sample_session_work(mz_sample_session_t *s);
static void mz_sample_session_shop(mz_sample_session_t *s);
static void mz_sample_session_look(mz_sample_session_t *s, int product);
static void mz_sample_session_checkout(mz_sample_session_t *s);
static void mz_sample_session_purchase(mz_sample_session_t *s, int coupon);
static void mz_sample_session_refund(mz_sample_user_t *u, int64_t time_us,
    int32_t order, int32_t amount);
static void mz_sample_session_error(mz_sample_session_t *s, int code);
static int8_t mz_sample_session_version(const mz_sample_session_t *s);
static bool mz_sample_session_chance(mz_sample_session_t *s, int permille);
static int mz_sample_session_pick(mz_sample_session_t *s,
    mz_sample_name_t name, mz_sample_col_t column);


int64_t
mz_sample_session_play(mz_sample_user_t *u, int64_t time_us)
{
    mz_sample_session_t  s;

    mz_sample_session_begin(&s, u, time_us);

    if (u->visits++ > 0) {
        mz_sample_session_channel(&s);
        mz_sample_session_device(&s);
    }

    mz_sample_session_open(&s);

    if (u->has_account) {
        mz_sample_session_work(&s);
    }

    if (mz_sample_session_chance(&s, MZ_SAMPLE_SHOPS)) {
        mz_sample_session_shop(&s);
    }

    if (u->cart_items > 0) {
        mz_sample_session_checkout(&s);
    }

    return s.time_us;
}


void
mz_sample_session_begin(mz_sample_session_t *s, mz_sample_user_t *u,
    int64_t time_us)
{
    s->user = u;
    s->time_us = time_us;
    s->id = ++u->stage->nsessions;
    memcpy(s->common, u->common, sizeof(s->common));
    mz_sample_session_campaign(s);
}


void
mz_sample_session_pause(mz_sample_session_t *s, int mean_s)
{
    s->time_us += MZ_SAMPLE_SECOND
                  + mz_sample_rand_wait(&s->user->rand,
                                        mean_s * MZ_SAMPLE_SECOND);
}


/*
 * What lies outside of the sample's time is played, since it has its
 * consequences, and forgotten.
 */

void
mz_sample_session_event(mz_sample_session_t *s, mz_sample_name_t name,
    const int32_t own[MZ_SAMPLE_OWN_MAX])
{
    bool                is_paid;
    mz_sample_event_t  *e;
    mz_sample_user_t   *u;
    mz_sample_stage_t  *stage;

    u = s->user;
    stage = u->stage;

    if (s->time_us < stage->start_us || s->time_us >= stage->end_us) {
        return;
    }

    if (stage->events == NULL) {
        stage->n++;
        return;
    }

    if (stage->n == stage->cap) {
        stage->is_full = true;
        return;
    }

    e = &stage->events[stage->n++];
    e->time_us = s->time_us;
    e->user = u->id + 1;
    e->session = s->id;
    e->name = (uint8_t) name;
    memcpy(e->common, s->common, sizeof(e->common));

    is_paid = s->time_us >= u->paid_from_us && s->time_us < u->paid_to_us;
    e->common[MZ_SAMPLE_PLAN] = is_paid ? (int8_t) u->paid_plan
                                        : MZ_SAMPLE_FREE;
    e->common[MZ_SAMPLE_VERSION] = mz_sample_session_version(s);

    memcpy(e->own, own, sizeof(e->own));
}


void
mz_sample_session_visit(mz_sample_session_t *s, int page)
{
    int      slow;
    int32_t  own[MZ_SAMPLE_OWN_MAX] = { 0 };

    /* Small screens are on slow networks. */
    slow = s->common[MZ_SAMPLE_DEVICE] == MZ_SAMPLE_DESKTOP ? 420 : 780;

    own[0] = page;
    own[1] = mz_sample_pick(&s->user->rand,
                     &mz_sample_referrers[s->common[MZ_SAMPLE_CHANNEL]]);
    own[2] = 120 + (int32_t) mz_sample_rand_below(&s->user->rand, slow);
    own[2] += (int32_t) mz_sample_rand_wait(&s->user->rand, slow);

    mz_sample_session_event(s, MZ_SAMPLE_PAGE_VISIT, own);
}


void
mz_sample_session_plain(mz_sample_session_t *s, mz_sample_name_t name)
{
    int                     i;
    int32_t                 own[MZ_SAMPLE_OWN_MAX] = { 0 };
    const mz_sample_own_t  *o;

    for (i = 0; i < MZ_SAMPLE_OWN_MAX; i++) {
        o = &mz_sample_defs[name].own[i];

        if (o->set != NULL) {
            own[i] = mz_sample_pick(&s->user->rand, o->set);
        }
    }

    mz_sample_session_event(s, name, own);
}


static void
mz_sample_session_channel(mz_sample_session_t *s)
{
    int                       channel;
    const mz_sample_stage_t  *stage;

    stage = s->user->stage;

    do {
        channel = mz_sample_pick(&s->user->rand, &mz_sample_returns);
    } while (channel == MZ_SAMPLE_PAID_SEARCH
             && s->time_us >= stage->pause_us
             && s->time_us < stage->pause_us + 7 * MZ_SAMPLE_DAY);

    s->common[MZ_SAMPLE_CHANNEL] = (int8_t) channel;
    mz_sample_session_campaign(s);
}


/* Some have a second device. */

static void
mz_sample_session_device(mz_sample_session_t *s)
{
    if (!mz_sample_session_chance(s, 120)) {
        return;
    }

    if (s->common[MZ_SAMPLE_PLATFORM] == MZ_SAMPLE_WEB) {
        s->common[MZ_SAMPLE_DEVICE] = MZ_SAMPLE_MOBILE;

    } else {
        s->common[MZ_SAMPLE_PLATFORM] = MZ_SAMPLE_WEB;
        s->common[MZ_SAMPLE_DEVICE] = MZ_SAMPLE_DESKTOP;
    }
}


static void
mz_sample_session_campaign(mz_sample_session_t *s)
{
    const mz_sample_set_t  *set;

    set = &mz_sample_campaigns[s->common[MZ_SAMPLE_CHANNEL]];

    s->common[MZ_SAMPLE_CAMPAIGN] = set->n == 0 ? MZ_SAMPLE_NULL
                           : (int8_t) mz_sample_pick(&s->user->rand, set);
}


static void
mz_sample_session_open(mz_sample_session_t *s)
{
    int                signup;
    int32_t            own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_user_t  *u;

    u = s->user;

    if (s->common[MZ_SAMPLE_CHANNEL] == MZ_SAMPLE_EMAIL) {
        mz_sample_session_event(s, MZ_SAMPLE_EMAIL_OPEN, own);
        mz_sample_session_pause(s, 25);
    }

    mz_sample_session_visit(s, mz_sample_pick(&u->rand, &mz_sample_pages));
    mz_sample_session_pause(s, 40);

    while (mz_sample_session_chance(s, 360)) {
        mz_sample_session_visit(s, mz_sample_pick(&u->rand,
                                                  &mz_sample_pages));
        mz_sample_session_pause(s, 50);
    }

    if (mz_sample_session_chance(s, 22)) {
        mz_sample_session_error(s, -1);
    }

    if (u->has_account) {
        if (mz_sample_session_chance(s, 300)) {
            own[0] = u->method;
            mz_sample_session_event(s, MZ_SAMPLE_LOGIN, own);
            mz_sample_session_pause(s, 15);
        }

        return;
    }

    signup = mz_sample_channels[u->common[MZ_SAMPLE_CHANNEL]].signup;
    if (s->common[MZ_SAMPLE_DEVICE] != MZ_SAMPLE_DESKTOP) {
        signup = signup * 86 / 100;
    }

    if (mz_sample_session_chance(s, u->visits == 1 ? signup : signup / 4)) {
        mz_sample_session_join(s);
    }
}


static void
mz_sample_session_join(mz_sample_session_t *s)
{
    int32_t  own[MZ_SAMPLE_OWN_MAX] = { 0 };

    own[0] = s->user->method;
    mz_sample_session_event(s, MZ_SAMPLE_SIGNUP, own);
    mz_sample_user_joins(s->user, s->time_us);
    mz_sample_session_pause(s, 45);
}


/* The paid service: those who pay use it more. */

static void
mz_sample_session_work(mz_sample_session_t *s)
{
    int                more;
    int32_t            own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_user_t  *u;

    u = s->user;
    more = mz_sample_classes[u->class_of].features;

    if (s->time_us >= u->paid_from_us && s->time_us < u->paid_to_us) {
        more = (more + 1000) / 2;
    }

    while (mz_sample_session_chance(s, more)) {
        own[0] = mz_sample_session_pick(s, MZ_SAMPLE_FEATURE_USED,
                                        MZ_SAMPLE_COL_FEATURE);
        own[1] = 3 + (int32_t) mz_sample_rand_wait(&u->rand,
                                                   90 + 40 * own[0]);
        mz_sample_session_event(s, MZ_SAMPLE_FEATURE_USED, own);
        mz_sample_session_pause(s, 20 + own[1]);
    }

    if (mz_sample_session_chance(s, 18)) {
        mz_sample_session_plain(s, MZ_SAMPLE_INVITE_SENT);
        mz_sample_session_pause(s, 40);
    }

    if (mz_sample_session_chance(s, 12)) {
        mz_sample_session_plain(s, MZ_SAMPLE_SUPPORT_TICKET);
        mz_sample_session_pause(s, 240);
    }
}


static void
mz_sample_session_shop(mz_sample_session_t *s)
{
    int                views, category, product;
    int32_t            own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_user_t  *u;

    u = s->user;

    if (mz_sample_session_chance(s, 420)) {
        own[0] = mz_sample_session_pick(s, MZ_SAMPLE_SEARCH,
                                        MZ_SAMPLE_COL_QUERY);
        own[1] = mz_sample_session_chance(s, 60) ? 0
                 : 1 + (int32_t) mz_sample_rand_wait(&u->rand, 30);
        mz_sample_session_event(s, MZ_SAMPLE_SEARCH, own);
        mz_sample_session_pause(s, 25);
    }

    category = mz_sample_session_pick(s, MZ_SAMPLE_PRODUCT_VIEW,
                                      MZ_SAMPLE_COL_CATEGORY);

    for (views = 0; views < 12; views++) {
        product = MZ_SAMPLE_PRODUCT_FIRST + category * MZ_SAMPLE_PRODUCTS_EACH
                  + (int) mz_sample_rand_below(&u->rand,
                                               MZ_SAMPLE_PRODUCTS_EACH);
        mz_sample_session_look(s, product);

        if (!mz_sample_session_chance(s, 560)) {
            break;
        }
    }
}


/* A product is seen, perhaps taken, perhaps put back. */

static void
mz_sample_session_look(mz_sample_session_t *s, int product)
{
    int                adds;
    int32_t            own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_user_t  *u;

    u = s->user;
    adds = MZ_SAMPLE_ADDS
           * mz_sample_device_buys[s->common[MZ_SAMPLE_DEVICE]] / 1000;

    own[0] = product;
    own[1] = (product - MZ_SAMPLE_PRODUCT_FIRST) / MZ_SAMPLE_PRODUCTS_EACH;
    own[2] = mz_sample_price(product);
    mz_sample_session_event(s, MZ_SAMPLE_PRODUCT_VIEW, own);
    mz_sample_session_pause(s, 45);

    if (!mz_sample_session_chance(s, adds)) {
        return;
    }

    own[3] = 1;
    while (own[3] < 5 && mz_sample_session_chance(s, 170)) {
        own[3]++;
    }

    mz_sample_session_event(s, MZ_SAMPLE_ADD_TO_CART, own);
    mz_sample_session_pause(s, 40);

    if (mz_sample_session_chance(s, MZ_SAMPLE_REMOVES)) {
        mz_sample_session_event(s, MZ_SAMPLE_REMOVE_FROM_CART, own);
        mz_sample_session_pause(s, 30);
        return;
    }

    if (u->cart_items < 20) {
        u->cart_items += own[3];
        u->cart_cents += own[3] * own[2];
        u->cart_category = own[1];
    }
}


static void
mz_sample_session_checkout(mz_sample_session_t *s)
{
    int                buys, pays;
    bool               is_broken;
    int32_t            own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_user_t  *u;

    u = s->user;
    buys = mz_sample_device_buys[s->common[MZ_SAMPLE_DEVICE]];
    pays = MZ_SAMPLE_PAYS * buys / 1000
           * mz_sample_countries[s->common[MZ_SAMPLE_COUNTRY]].conversion
           / 1000;

    if (!mz_sample_session_chance(s, MZ_SAMPLE_CHECKS_OUT * buys / 1000)) {
        if (!mz_sample_session_chance(s, MZ_SAMPLE_COMES_BACK)) {
            u->cart_items = 0;
            u->cart_cents = 0;
        }

        return;
    }

    own[0] = u->cart_cents;
    own[1] = u->cart_items;
    own[2] = MZ_SAMPLE_NULL;
    if (mz_sample_session_chance(s, MZ_SAMPLE_COUPONS)) {
        own[2] = mz_sample_session_pick(s, MZ_SAMPLE_CHECKOUT,
                                        MZ_SAMPLE_COL_COUPON);
    }

    mz_sample_session_event(s, MZ_SAMPLE_CHECKOUT, own);
    mz_sample_session_pause(s, 75);

    if (!u->has_account) {
        if (!mz_sample_session_chance(s, MZ_SAMPLE_GUEST_JOINS)) {
            return;
        }

        mz_sample_session_join(s);
    }

    is_broken = s->common[MZ_SAMPLE_PLATFORM] == MZ_SAMPLE_IOS
                && s->time_us >= u->stage->broken_us;
    if (is_broken
        && !mz_sample_session_chance(s, MZ_SAMPLE_PAYS_BROKEN))
    {
        mz_sample_session_error(s, MZ_SAMPLE_PAYMENT_FAILED);

    } else if (mz_sample_session_chance(s, pays)) {
        mz_sample_session_purchase(s, own[2]);
    }
}


static void
mz_sample_session_purchase(mz_sample_session_t *s, int coupon)
{
    int32_t            own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_user_t  *u;

    u = s->user;

    own[0] = ++u->stage->norders;
    own[1] = coupon == MZ_SAMPLE_NULL ? u->cart_cents
                                      : u->cart_cents * 88 / 100;
    own[2] = u->cart_items;
    own[3] = u->cart_category;
    own[4] = mz_sample_session_pick(s, MZ_SAMPLE_PURCHASE,
                                    MZ_SAMPLE_COL_PAYMENT);
    own[5] = coupon;
    mz_sample_session_event(s, MZ_SAMPLE_PURCHASE, own);
    mz_sample_session_pause(s, 20);

    u->cart_items = 0;
    u->cart_cents = 0;

    if (mz_sample_session_chance(s, MZ_SAMPLE_REFUNDS)) {
        mz_sample_session_refund(u, s->time_us, own[0], own[1]);
    }
}


static void
mz_sample_session_refund(mz_sample_user_t *u, int64_t time_us,
    int32_t order, int32_t amount)
{
    int32_t              own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_session_t  s;

    mz_sample_session_begin(&s, u, time_us + MZ_SAMPLE_DAY
                            + mz_sample_rand_below(&u->rand,
                                                   20 * MZ_SAMPLE_DAY));
    own[0] = order;
    own[1] = mz_sample_session_chance(&s, 800) ? amount : amount / 2;
    own[2] = mz_sample_session_pick(&s, MZ_SAMPLE_REFUND,
                                    MZ_SAMPLE_COL_REASON);
    mz_sample_session_event(&s, MZ_SAMPLE_REFUND, own);
}


/* code -1: any. */

static void
mz_sample_session_error(mz_sample_session_t *s, int code)
{
    int32_t  own[MZ_SAMPLE_OWN_MAX] = { 0 };

    own[0] = code >= 0 ? code
             : mz_sample_session_pick(s, MZ_SAMPLE_ERROR_SHOWN,
                                      MZ_SAMPLE_COL_CODE);
    own[1] = mz_sample_pick(&s->user->rand, &mz_sample_pages);
    mz_sample_session_event(s, MZ_SAMPLE_ERROR_SHOWN, own);
    mz_sample_session_pause(s, 20);
}


static int8_t
mz_sample_session_version(const mz_sample_session_t *s)
{
    int64_t  release;

    release = (s->time_us - s->user->stage->start_us)
              / (MZ_SAMPLE_RELEASE_DAYS * MZ_SAMPLE_DAY);

    if (s->common[MZ_SAMPLE_PLATFORM] != MZ_SAMPLE_WEB) {
        release -= s->user->version_lag;
    }

    if (release < 0) {
        release = 0;
    }

    if (release >= mz_sample_commons[MZ_SAMPLE_VERSION].n) {
        release = mz_sample_commons[MZ_SAMPLE_VERSION].n - 1;
    }

    return (int8_t) release;
}


static bool
mz_sample_session_chance(mz_sample_session_t *s, int permille)
{
    return mz_sample_rand_chance(&s->user->rand, permille);
}


static int
mz_sample_session_pick(mz_sample_session_t *s, mz_sample_name_t name,
    mz_sample_col_t column)
{
    return mz_sample_pick(&s->user->rand, mz_sample_own_set(name, column));
}
