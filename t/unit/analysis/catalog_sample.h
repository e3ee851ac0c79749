
/*
 * catalog_sample: the catalog of a shop, for tests that need names.
 */

#ifndef MZ_CATALOG_SAMPLE_H
#define MZ_CATALOG_SAMPLE_H

#include "analysis/catalog.h"
#include "base/mz_str.h"


typedef struct {
    const char  *name;
    const char  *dtype;
    const char  *values;            /* JSON of [value, count] pairs */
} sample_property_t;

typedef struct {
    const char  *name;
    const char  *properties;        /* JSON of the names */
} sample_event_t;


static const sample_property_t  sample_common[] = {
    { "session_id", "string", NULL },
    { "country", "string", "[\"US\",90],[\"GB\",50],[\"DE\",40]" },
    { "platform", "string", "[\"web\",99],[\"ios\",40],[\"android\",30]" },
    { "device", "string", "[\"desktop\",70],[\"mobile\",60],[\"tablet\",9]" },
    { "browser", "string", "[\"chrome\",80],[\"safari\",40]" },
    { "plan", "string", "[\"free\",80],[\"starter\",9],[\"pro\",7]" },
    { "channel", "string",
      "[\"organic\",9],[\"paid_search\",5],[\"paid_social\",2]" },
    { "campaign", "string", NULL },
    { "app_version", "string", NULL }
};

static const sample_property_t  sample_own[] = {
    { "page", "string", "[\"home\",9],[\"pricing\",4]" },
    { "load_time_ms", "int64", NULL },
    { "method", "string", "[\"email\",9]" },
    { "query", "string", NULL },
    { "results_count", "int64", NULL },
    { "product_id", "string", NULL },
    { "category", "string", "[\"shoes\",9],[\"books\",2]" },
    { "price", "float64", NULL },
    { "quantity", "int64", NULL },
    { "revenue", "float64", NULL },
    { "payment_method", "string", "[\"card\",9]" },
    { "is_gift", "bool", NULL },
    { "due", "date", NULL },
    { "sent_at", "timestamp", NULL },
    { "feature", "string", "[\"export\",9],[\"api\",4]" },
    { "reason", "string", NULL },
    { "code", "string", NULL }
};

static const sample_event_t  sample_events[] = {
    { "page_visit", "[\"page\",\"load_time_ms\"]" },
    { "signup", "[\"method\"]" },
    { "login", "[\"method\"]" },
    { "search", "[\"query\",\"results_count\"]" },
    { "product_view", "[\"product_id\",\"category\",\"price\"]" },
    { "add_to_cart",
      "[\"product_id\",\"category\",\"price\",\"quantity\"]" },
    { "remove_from_cart", "[\"product_id\",\"category\",\"price\"]" },
    { "checkout", "[]" },
    { "purchase", "[\"revenue\",\"category\",\"payment_method\",\"is_gift\","
                  "\"due\",\"sent_at\"]" },
    { "refund", "[\"reason\"]" },
    { "trial_start", "[]" },
    { "subscription_start", "[]" },
    { "subscription_renew", "[]" },
    { "subscription_cancel", "[\"reason\"]" },
    { "feature_used", "[\"feature\"]" },
    { "error_shown", "[\"code\",\"page\"]" }
};


static inline void
sample_properties(mz_buf_t *b, const sample_property_t *p, size_t n,
    bool is_common)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        mz_buf_addf(b, "%s{\"name\":\"%s\",\"dtype\":\"%s\",\"common\":%s,"
                    "\"enum\":%s,\"values\":[%s]}",
                    i == 0 && is_common ? "" : ",", p[i].name, p[i].dtype,
                    is_common ? "true" : "false",
                    p[i].values != NULL ? "true" : "false",
                    p[i].values != NULL ? p[i].values : "");
    }
}


static inline mz_catalog_t *
sample_catalog(void)
{
    size_t         i;
    json_t        *j;
    mz_buf_t       b;
    mz_err_t       err;
    mz_catalog_t  *cat;

    mz_buf_init(&b, 0);
    mz_buf_add_c(&b, "{\"version\":1,\"table\":\"events\",\"event_column\":"
                     "\"event_name\",\"time_column\":\"event_time\","
                     "\"user_column\":\"user_id\",\"rows\":1000,\"users\":99,"
                     "\"first\":\"2024-06-01T08:00:00Z\",\"last\":"
                     "\"2026-06-15T11:00:00Z\",\"properties\":[");
    sample_properties(&b, sample_common, MZ_ARRAY_LEN(sample_common), true);
    sample_properties(&b, sample_own, MZ_ARRAY_LEN(sample_own), false);
    mz_buf_add_c(&b, "],\"events\":[");

    for (i = 0; i < MZ_ARRAY_LEN(sample_events); i++) {
        mz_buf_addf(&b, "%s{\"name\":\"%s\",\"count\":%zu,\"users\":9,"
                    "\"first\":\"2024-06-01T08:00:00Z\",\"last\":"
                    "\"2024-06-10T08:00:00Z\",\"properties\":%s}",
                    i == 0 ? "" : ",", sample_events[i].name, 100 + i,
                    sample_events[i].properties);
    }

    mz_buf_add_c(&b, "]}");
    cat = NULL;

    if (mz_json_load(mz_buf_view(&b), NULL, &j, &err) != MZ_OK
        || mz_catalog_from_json(j, &cat, &err) != MZ_OK)
    {
        printf("Bail out! %s\n", err.msg);
        exit(1);
    }

    json_decref(j);
    mz_buf_free(&b);

    return cat;
}


#endif /* MZ_CATALOG_SAMPLE_H */
