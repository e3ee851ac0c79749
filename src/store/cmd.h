
/*
 * cmd: how the encoders of this layer put commands together.  Private to
 * src/store.  A command is streamed: begin says how many arguments follow,
 * and exactly that many must.  A script call collects its arguments first.
 */

#ifndef MZ_CMD_H
#define MZ_CMD_H

#include "store/store.h"


#define MZ_CMD_ARGS_MAX   80
#define MZ_CMD_INTS_MAX   16

typedef struct {
    mz_str_t  v[MZ_CMD_ARGS_MAX];
    size_t    n;
    char      ints[MZ_CMD_INTS_MAX][24];
    size_t    nints;
} mz_cmd_args_t;


/* Opens a command of argc arguments; one reply is owed. */
void mz_cmd_begin(mz_cmds_t *c, size_t argc);
void mz_cmd_arg(mz_cmds_t *c, mz_str_t s);
void mz_cmd_arg_int(mz_cmds_t *c, int64_t v);

/* Borrows s until the call; more than the bounds are not added. */
void mz_cmd_args_add(mz_cmd_args_t *a, mz_str_t s);
void mz_cmd_args_add_int(mz_cmd_args_t *a, int64_t v);
void mz_cmd_args_add_id(mz_cmd_args_t *a, const mz_id_t *id);

/* A script on the two bases of a scope. */
void mz_cmd_call(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_script_t script, mz_str_t scope, const mz_cmd_args_t *a);


#endif /* MZ_CMD_H */
