
/*
 * fuzz_catalog: the catalog of the tests (t/data/catalog.json), read once,
 * for the targets that need one.
 */

#ifndef MZ_FUZZ_CATALOG_H
#define MZ_FUZZ_CATALOG_H

#include "analysis/catalog.h"
#include "fuzz.h"


static inline const mz_catalog_t *
fuzz_catalog(void)
{
    FILE      *f;
    char       part[4096];
    json_t    *json;
    size_t     n;
    mz_err_t   err;
    mz_buf_t   text;

    static mz_catalog_t  *catalog;

    if (catalog != NULL) {
        return catalog;
    }

    f = fopen(FUZZ_DATA "/catalog.json", "rb");
    FUZZ_HOLD(f != NULL, "cannot open it");
    mz_buf_init(&text, 0);

    while ((n = fread(part, 1, sizeof(part), f)) > 0) {
        mz_buf_add(&text, part, n);
    }

    fclose(f);

    json = fuzz_made_json(mz_buf_view(&text));
    FUZZ_HOLD(mz_catalog_from_json(json, &catalog, &err) == MZ_OK, "%s",
              err.msg);

    json_decref(json);
    mz_buf_free(&text);

    return catalog;
}


#endif /* MZ_FUZZ_CATALOG_H */
