
#include "agent/answer/sink.h"


static mz_rc_t mz_sink_terminal_progress(mz_sink_t *sink, const char *phase,
    const char *text, mz_err_t *err);
static mz_rc_t mz_sink_terminal_artifact(mz_sink_t *sink,
    const mz_artifact_t *artifact, mz_id_t *id, mz_err_t *err);

static const mz_sink_ops_t  mz_sink_terminal_ops = {
    mz_sink_terminal_progress,
    mz_sink_terminal_artifact
};


void
mz_sink_terminal_init(mz_sink_terminal_t *s, bool is_quiet)
{
    s->sink.ops = &mz_sink_terminal_ops;
    s->is_quiet = is_quiet;
}


static mz_rc_t
mz_sink_terminal_progress(mz_sink_t *sink, const char *phase,
    const char *text, mz_err_t *err)
{
    mz_sink_terminal_t  *s;

    (void) err;

    s = (mz_sink_terminal_t *) (void *) sink;

    if (!s->is_quiet) {
        fprintf(stderr, "[%s] %s\n", phase, text);
    }

    return MZ_OK;
}


/* The terminal keeps none: the answer shows the first rows. */

static mz_rc_t
mz_sink_terminal_artifact(mz_sink_t *sink, const mz_artifact_t *artifact,
    mz_id_t *id, mz_err_t *err)
{
    (void) sink;
    (void) artifact;
    (void) err;

    memset(id, 0, sizeof(*id));

    return MZ_OK;
}
