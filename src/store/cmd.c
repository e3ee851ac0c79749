
#include "store/cmd.h"


static void mz_cmd_header(mz_cmds_t *c, char mark, size_t n);


void
mz_cmds_init(mz_cmds_t *c)
{
    mz_buf_init(&c->buf, MZ_CMDS_MAX);
    c->n = 0;
    c->is_bulk = false;
    c->is_durable = false;
}


void
mz_cmds_free(mz_cmds_t *c)
{
    mz_buf_free(&c->buf);
    c->n = 0;
}


void
mz_cmds_reset(mz_cmds_t *c)
{
    mz_buf_reset(&c->buf);
    c->n = 0;
    c->is_bulk = false;
    c->is_durable = false;
}


void
mz_cmds_add(mz_cmds_t *c, size_t argc, const mz_str_t *argv)
{
    size_t  i;

    mz_cmd_begin(c, argc);

    for (i = 0; i < argc; i++) {
        mz_cmd_arg(c, argv[i]);
    }
}


void
mz_cmds_add_script(mz_cmds_t *c, mz_script_t script, size_t nkeys,
    const mz_str_t *keys, size_t nargs, const mz_str_t *args)
{
    size_t  i;

    mz_cmd_begin(c, 3 + nkeys + nargs);
    mz_cmd_arg(c, mz_str("EVALSHA"));
    mz_cmd_arg(c, (mz_str_t) { mz_scripts[script].sha1, 40 });
    mz_cmd_arg_int(c, (int64_t) nkeys);

    for (i = 0; i < nkeys; i++) {
        mz_cmd_arg(c, keys[i]);
    }

    for (i = 0; i < nargs; i++) {
        mz_cmd_arg(c, args[i]);
    }
}


void
mz_cmds_add_load(mz_cmds_t *c)
{
    size_t                     i;
    const mz_script_source_t  *s;

    for (i = 0; i < MZ_SCRIPTS; i++) {
        s = &mz_scripts[i];

        mz_cmd_begin(c, 3);
        mz_cmd_arg(c, mz_str("SCRIPT"));
        mz_cmd_arg(c, mz_str("LOAD"));
        mz_cmd_arg(c, (mz_str_t) { s->source, s->len });
    }
}


void
mz_cmd_begin(mz_cmds_t *c, size_t argc)
{
    mz_cmd_header(c, '*', argc);
    c->n++;
}


void
mz_cmd_arg(mz_cmds_t *c, mz_str_t s)
{
    mz_cmd_header(c, '$', s.len);
    mz_buf_add_str(&c->buf, s);
    mz_buf_add(&c->buf, "\r\n", 2);
}


void
mz_cmd_arg_int(mz_cmds_t *c, int64_t v)
{
    int   n;
    char  s[24];

    n = snprintf(s, sizeof(s), "%lld", (long long) v);
    mz_cmd_arg(c, (mz_str_t) { s, (size_t) n });
}


void
mz_cmd_args_add(mz_cmd_args_t *a, mz_str_t s)
{
    if (a->n < MZ_CMD_ARGS_MAX) {
        a->v[a->n++] = s;
    }
}


void
mz_cmd_args_add_int(mz_cmd_args_t *a, int64_t v)
{
    int    n;
    char  *s;

    if (a->nints == MZ_CMD_INTS_MAX) {
        return;
    }

    s = a->ints[a->nints++];
    n = snprintf(s, sizeof(a->ints[0]), "%lld", (long long) v);
    mz_cmd_args_add(a, (mz_str_t) { s, (size_t) n });
}


void
mz_cmd_args_add_id(mz_cmd_args_t *a, const mz_id_t *id)
{
    mz_cmd_args_add(a, (mz_str_t) { id->s, strnlen(id->s, MZ_ID_LEN) });
}


void
mz_cmd_call(mz_cmds_t *c, const mz_store_conf_t *conf, mz_script_t script,
    mz_str_t scope, const mz_cmd_args_t *a)
{
    mz_key_t  part, root;
    mz_str_t  keys[2];

    mz_key(&part, conf, MZ_KEY_PART_BASE, mz_store_partition(conf, scope),
           mz_null_str, "", 0);
    mz_key(&root, conf, MZ_KEY_SCOPE_BASE, 0, scope, "", 0);

    keys[0] = mz_key_str(&part);
    keys[1] = mz_key_str(&root);

    mz_cmds_add_script(c, script, 2, keys, a->n, a->v);
}


static void
mz_cmd_header(mz_cmds_t *c, char mark, size_t n)
{
    mz_buf_add_char(&c->buf, mark);
    mz_buf_add_int(&c->buf, (int64_t) n);
    mz_buf_add(&c->buf, "\r\n", 2);
}
