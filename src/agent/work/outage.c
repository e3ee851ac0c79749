
#include "agent/work/outage.h"
#include "agent/work/work.h"


bool
mz_outage_failed(mz_outage_t *o)
{
    if (o->is_on) {
        return false;
    }

    o->is_on = true;
    o->since_ms = mz_work_clock_ms();

    return true;
}


bool
mz_outage_over(mz_outage_t *o, int64_t *ms)
{
    if (!o->is_on) {
        return false;
    }

    o->is_on = false;
    *ms = mz_work_clock_ms() - o->since_ms;

    return true;
}
