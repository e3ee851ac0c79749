
/*
 * quiz: a kind of task for tests that asks for "name" and "color" before it
 * ends; and a kind that can be neither cancelled nor updated.  The record is
 * a hash: status, the answers by key, and maybe how often to look.
 */

#ifndef MZ_TEST_QUIZ_H
#define MZ_TEST_QUIZ_H

#include "request.h"

#include "base/mz_time.h"


static const char *const  quiz_keys[] = { "name", "color" };

static unsigned  quiz_reads;


static inline void
quiz_key(const mz_call_t *call, const mz_id_t *id, char *key, size_t size)
{
    snprintf(key, size, "quiz:%s:%s", call->principal->scope, id->s);
}


static inline size_t
quiz_read(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id)
{
    char      key[128];
    mz_str_t  argv[2];

    quiz_reads++;
    quiz_key(call, id, key, sizeof(key));
    argv[0] = mz_str("HGETALL");
    argv[1] = mz_str_from(key);
    mz_cmds_add(cmds, 2, argv);
    argv[0] = mz_str("ECHO");
    mz_cmds_add(cmds, 2, argv);

    return 2;
}


static inline void
quiz_ask(const redisReply *r, mz_task_t *task)
{
    size_t  i;

    task->inputs = json_object();

    for (i = 0; i < 2; i++) {
        if (mz_reply_field(r, quiz_keys[i]).data == NULL) {
            json_object_set_new(task->inputs, quiz_keys[i],
                                json_pack("{s:s,s:{s:s,s:s}}", "method",
                                          "elicitation/create", "params",
                                          "mode", "form", "message", "?"));
        }
    }

    task->status = MZ_TASK_INPUT_REQUIRED;

    if (json_object_size(task->inputs) == 0) {
        json_decref(task->inputs);
        task->inputs = NULL;
        task->status = MZ_TASK_COMPLETED;
        task->result = json_pack("{s:[{s:s,s:s%}],s:{s:i}}", "content",
                                 "type", "text", "text",
                                 mz_reply_field(r, "name").data,
                                 mz_reply_field(r, "name").len,
                                 "_meta", "own", 1);
    }
}


static inline mz_rc_t
quiz_decode(mz_call_t *call, const mz_id_t *id, redisReply *const *replies,
    mz_task_t *task, mz_err_t *err)
{
    mz_str_t  status;

    (void) call;
    (void) id;

    if (mz_reply_is_unavailable(replies[0])) {
        return mz_fail(err, MZ_UNAVAILABLE, "later");
    }

    status = mz_reply_field(replies[0], "status");

    if (status.data == NULL) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such quiz");
    }

    task->created_ms = HOST_NOW;
    task->updated_ms = HOST_NOW
                       + mz_reply_int(mz_reply_at(replies[0], 1), 0);
    (void) mz_str_to_int(mz_reply_field(replies[0], "poll"), &task->poll_ms);

    if (mz_str_eq_c(status, "asks")) {
        quiz_ask(replies[0], task);

    } else if (mz_str_eq_c(status, "failed")) {
        task->status = MZ_TASK_FAILED;
        task->error = json_pack("{s:i,s:s,s:{s:i}}", "code", -32050,
                                "message", "broke", "data", "why", 7);

    } else if (mz_str_eq_c(status, "cancelled")) {
        task->status = MZ_TASK_CANCELLED;
    }

    return MZ_OK;
}


static inline size_t
quiz_cancel(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id)
{
    char      key[128];
    mz_str_t  argv[5];

    quiz_key(call, id, key, sizeof(key));
    argv[0] = mz_str("EVAL");
    argv[1] = mz_str("local s = redis.call('HGET', KEYS[1], 'status') "
                     "if s == 'working' or s == 'asks' then redis.call("
                     "'HSET', KEYS[1], 'status', 'cancelled') end return 1");
    argv[2] = mz_str("1");
    argv[3] = mz_str_from(key);
    mz_cmds_add(cmds, 4, argv);

    return 1;
}


static inline size_t
quiz_update(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id,
    const json_t *answers)
{
    char           key[128];
    size_t         i, n;
    mz_str_t       argv[8];
    mz_buf_t       text[2];
    const json_t  *answer;

    quiz_key(call, id, key, sizeof(key));
    argv[0] = mz_str("HSET");
    argv[1] = mz_str_from(key);
    argv[2] = mz_str("updated");
    argv[3] = mz_str("1");
    n = 4;

    for (i = 0; i < 2; i++) {
        mz_buf_init(&text[i], 0);
        answer = json_object_get(answers, quiz_keys[i]);

        if (answer != NULL) {
            mz_json_dump(&text[i], answer);
            argv[n++] = mz_str_from(quiz_keys[i]);
            argv[n++] = mz_buf_view(&text[i]);
        }
    }

    if (n != 4) {
        mz_cmds_add(cmds, n, argv);
    }

    mz_buf_free(&text[0]);
    mz_buf_free(&text[1]);

    return n != 4;
}


static const mz_task_kind_t  quiz = {
    .letter = 't',
    .read = quiz_read,
    .decode = quiz_decode,
    .cancel = quiz_cancel,
    .update = quiz_update
};

static const mz_task_kind_t  stubborn = {
    .letter = 'n',
    .read = quiz_read,
    .decode = quiz_decode
};


static inline mz_id_t
quiz_new(char kind, const char *status)
{
    mz_id_t        id;
    unsigned char  random[MZ_ID_RANDOM];

    host_random(random, sizeof(random));
    mz_id_make(&id, kind, random);
    rq_redis("HSET quiz:%s:%s status %s", host.who.scope, id.s, status);

    return id;
}


static inline void
quiz_start(void)
{
    mz_err_t  err;

    host_start();
    CHECK(mz_registry_add_kind(&host.reg, &quiz, &err) == MZ_OK);
    CHECK(mz_registry_add_kind(&host.reg, &stubborn, &err) == MZ_OK);
    host.server.offers |= MZ_MCP_OFFERS_TASKS|MZ_MCP_OFFERS_TASKS_LIST;
}


/* The id of the last run, or any, as params. */

static inline const char *
task(const char *id)
{
    return args("{\"taskId\":\"%s\"}", id);
}


static inline void
fail(const mz_attempt_t *a, const char *error)
{
    mz_finish_t  f;

    memset(&f, 0, sizeof(f));
    f.status = MZ_RUN_FAILED;
    f.error = mz_str_from(error);
    finish_with(a, &f);
}


static inline void
check_time(const json_t *obj, const char *key)
{
    int64_t  ms;

    CHECK_ROW(mz_time_parse(mz_json_get_str(obj, key), &ms) == MZ_OK, "%s",
              key);
}


#endif /* MZ_TEST_QUIZ_H */
