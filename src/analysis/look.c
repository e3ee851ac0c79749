
#include "analysis/look.h"


bool
mz_look_needs_sql(const mz_spec_t *spec)
{
    const mz_catalog_property_t  *prop;

    if (spec->u.disc.what != MZ_WHAT_VALUES) {
        return false;
    }

    prop = spec->u.disc.column.property;

    return prop == NULL || !prop->is_enum || prop->dtype != MZ_DTYPE_STRING
           || spec->u.disc.event.data != NULL;
}


bool
mz_look_column(const mz_spec_t *spec, size_t i, mz_spec_column_t *c)
{
    size_t                        k;
    const mz_spec_lookup_t       *l;
    const mz_catalog_property_t  *prop;

    l = &spec->u.lookup;
    prop = &spec->cat->properties[i];
    c->name = prop->name;
    c->dtype = prop->dtype;
    c->property = prop;

    for (k = 0; k < l->nevents; k++) {
        if (mz_catalog_event_has(spec->cat, l->events[k], prop->name)) {
            return true;
        }
    }

    return l->nevents == 0;
}
