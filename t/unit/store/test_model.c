
/*
 * Random sequences of operations on a real Redis beside a model of it in
 * plain C (model.h): after each, replies and all that is in Redis must be
 * what the model says.  A sequence that fails is cut down to the operations
 * that it takes.
 *
 *   MZ_TEST_SEED       another start, or the seed of a sequence that failed
 *   MZ_TEST_SEQUENCES  how many
 */

#include "store/model_drain.h"


#ifdef __SANITIZE_ADDRESS__
#define SEQUENCES  400
#else
#define SEQUENCES  2000
#endif

#define STEPS_MIN  10
#define STEPS_MAX  60
#define CHECK_EACH 6
#define COVERING   1000             /* sequences that come to every outcome */

typedef enum {
    OP_NEW,
    OP_SUBMIT,
    OP_TAKE_OVER,
    OP_AGAIN,
    OP_CLAIM,
    OP_RENEW,
    OP_EVENT,
    OP_ARTIFACT,
    OP_COMPLETE,
    OP_FAIL,
    OP_HANDBACK,
    OP_CANCEL,
    OP_REQUEUE,
    OP_DROP,
    OP_POLL,
    OP_TAKE,
    OP_TURN,
    OP_SWEEP,
    OP_PAUSE,
    OP_ADMIT,
    OP_RELEASE,
    OP_WAIT,
    OP_EXPIRE,
    OP_LOSE,
    OP_FAIL_OVER,
    OPS
} op_t;

#define FENCED     "ok,terminal,superseded,gone"
#define LIMITED    "limited rate,limited concurrent,limited queue,admit"
#define OUTCOMES   16

/* How often, and the outcomes: each has to come up, and no other may. */

static const struct {
    const char  *name;
    int          weight;
    const char  *outcomes;
} ops[OPS] = {
    [OP_NEW]       = { "new", 12, "running,attached," LIMITED },
    [OP_SUBMIT]    = { "submit", 8, "running,attached,busy,no_conversation,"
                       LIMITED },
    [OP_TAKE_OVER] = { "take over", 4, "running,attached,no_conversation,"
                       LIMITED },
    [OP_AGAIN]     = { "submit again", 2, "running" },
    [OP_CLAIM]     = { "claim", 5, "claimed,leased,terminal,gone,paused" },
    [OP_RENEW]     = { "renew", 4, FENCED },
    [OP_EVENT]     = { "event", 4, FENCED },
    [OP_ARTIFACT]  = { "artifact", 5, FENCED ",incomplete,again,chunk" },
    [OP_COMPLETE]  = { "complete", 4, FENCED },
    [OP_FAIL]      = { "fail", 2, FENCED },
    [OP_HANDBACK]  = { "hand back", 3, FENCED },
    [OP_CANCEL]    = { "cancel", 3, "cancelled,terminal,gone" },
    [OP_REQUEUE]   = { "requeue", 2, "ok,terminal,gone" },
    [OP_DROP]      = { "drop", 1, "ok,terminal,gone" },
    [OP_POLL]      = { "poll", 5, "ok,nothing,no group" },
    [OP_TAKE]      = { "take", 6, "taken,empty,paused" },
    [OP_TURN]      = { "turn", 8, "taken,nobody,no wake-up" },
    [OP_SWEEP]     = { "sweep", 8, "nothing,requeued,lost,dropped,forgets" },
    [OP_PAUSE]     = { "pause", 2, "pause,resume" },
    [OP_ADMIT]     = { "admit", 5, "ok,limited,full" },
    [OP_RELEASE]   = { "release", 2, "ok,nothing" },
    [OP_WAIT]      = { "wait", 8, "ok,back" },
    [OP_EXPIRE]    = { "expire", 2, "run,conversation,attach,limits,scope" },
    [OP_LOSE]      = { "lose", 3, "stream,group,entry,trim,ack" },
    [OP_FAIL_OVER] = { "fail over", 2, "backup,restore" }
};

static size_t    seen[OPS][OUTCOMES];
static uint64_t  seed;


/* splitmix64: any seed is as good as another. */
static unsigned
roll(uint64_t *state)
{
    uint64_t  z;

    z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (unsigned) ((z ^ (z >> 31)) >> 8);
}


static size_t
make_steps(uint64_t state, step_t steps[STEPS_MAX])
{
    int     at, total;
    size_t  i, k, n;

    for (k = 0, total = 0; k < OPS; k++) {
        total += ops[k].weight;
    }

    n = STEPS_MIN + roll(&state) % (STEPS_MAX - STEPS_MIN + 1);

    for (i = 0; i < n; i++) {
        at = (int) (roll(&state) % (unsigned) total);

        for (k = 0; at >= ops[k].weight; k++) {
            at -= ops[k].weight;
        }

        steps[i].op = (int) k;

        for (k = 0; k < MZ_ARRAY_LEN(steps[i].r); k++) {
            steps[i].r[k] = roll(&state);
        }
    }

    return n;
}


static const char *
do_step(const step_t *s)
{
    switch ((op_t) s->op) {

    case OP_NEW:
        return o_submit(s, true, s->r[7] % 2);

    case OP_SUBMIT:
    case OP_TAKE_OVER:
        return o_submit(s, false, s->op == OP_TAKE_OVER);

    case OP_AGAIN:
        return o_submit_again(s);

    case OP_CLAIM:
        return o_claim(s);

    case OP_RENEW:
        return o_write(s, MZ_SCRIPT_RENEW, false);

    case OP_EVENT:
        return o_write(s, MZ_SCRIPT_EVENT, false);

    case OP_ARTIFACT:
        return o_artifact(s);

    case OP_COMPLETE:
    case OP_FAIL:
        return o_write(s, MZ_SCRIPT_FINISH, s->op == OP_COMPLETE);

    case OP_HANDBACK:
        return o_write(s, MZ_SCRIPT_HANDBACK, false);

    case OP_CANCEL:
        return o_order(s, MZ_SCRIPT_CANCEL);

    case OP_REQUEUE:
        return o_order(s, MZ_SCRIPT_REQUEUE);

    case OP_DROP:
        return o_order(s, MZ_SCRIPT_DROP);

    case OP_POLL:
        return o_poll((int) (s->r[0] % WORKERS), o_part(s->r[1]));

    case OP_TAKE:
        return o_take_any(s);

    case OP_TURN:
        return o_turn(s);

    case OP_SWEEP:
        return o_sweep(o_part(s->r[0]), s->r[1] % 4 ? 100 : 1,
                       s->r[2] % 16 == 0);

    case OP_PAUSE:
        return o_pause(o_part(s->r[0]));

    case OP_ADMIT:
        return o_admit(s);

    case OP_RELEASE:
        return o_release(s);

    case OP_WAIT:
        return o_wait(s);

    case OP_EXPIRE:
        return o_expire(s);

    case OP_LOSE:
        return o_lose(s);

    default:
        return o_fail_over();
    }
}


static void
note(int op, const char *outcome)
{
    size_t       i, len;
    const char  *p;

    len = strlen(outcome);

    for (i = 0, p = ops[op].outcomes; p; i++) {
        if (strncmp(p, outcome, len) == 0 && (p[len] == ','
                                              || p[len] == '\0'))
        {
            seen[op][i]++;
            return;
        }

        p = strchr(p, ',');
        p = p ? p + 1 : NULL;
    }

    m_fail("%s came to \"%s\"", ops[op].name, outcome);
}


/* true: all was as the model says. */
static bool
run_steps(const step_t *steps, size_t n, bool is_noted)
{
    size_t       i;
    const char  *outcome;

    fx_do("FLUSHALL", NULL, NULL, NULL, NULL);
    m_reset();
    m_has_backup = false;

    for (i = 0; i < n && m_failed[0] == '\0'; i++) {
        outcome = do_step(&steps[i]);
        c_learn();

        if (outcome && is_noted) {
            note(steps[i].op, outcome);
        }

        if (m_failed[0] == '\0' && (!is_noted || i % CHECK_EACH == 0)) {
            m_check_redis();
            m_check_promises();
        }
    }

    if (m_failed[0] == '\0') {
        m_say("-- workers end what there is --\n");
        o_drain();
        m_check_redis();
        m_check_promises();
        m_check_empty();
    }

    return m_failed[0] == '\0';
}


/* Without each operation in turn: those it does not take stay out. */
static size_t
shrink(step_t *steps, size_t n)
{
    size_t  i, was;
    step_t  fewer[STEPS_MAX];

    do {
        was = n;

        for (i = n; i-- > 0; ) {
            memcpy(fewer, steps, i * sizeof(step_t));
            memcpy(fewer + i, steps + i + 1, (n - i - 1) * sizeof(step_t));

            if (!run_steps(fewer, n - 1, false)) {
                memcpy(steps, fewer, sizeof(fewer));
                n--;
            }
        }

    } while (n < was);

    return n;
}


static void
report(uint64_t first, step_t *steps, size_t n)
{
    char  *line, *save;

    printf("# MZ_TEST_SEED=%llu MZ_TEST_SEQUENCES=1: %s\n",
           (unsigned long long) first, m_failed);
    n = shrink(steps, n);

    if (run_steps(steps, n, false)) {
        printf("# it does not fail each time\n");
        return;
    }

    printf("# %zu operations are enough:\n", n);

    for (line = strtok_r(m_trace, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save))
    {
        printf("#   %s\n", line);
    }

    printf("# %s\n", m_failed);
}


static void
test_start(void)
{
    mz_str_t     argv[3];
    const char  *s;

    s = getenv("MZ_TEST_SEED");
    seed = s ? strtoull(s, NULL, 10) : 20261122;
    printf("# MZ_TEST_SEED=%llu\n", (unsigned long long) seed);

    fx_start();
    fx_load();
    argv[0] = mz_str("SCRIPT");
    argv[1] = mz_str("LOAD");
    argv[2] = mz_str_from(m_dump_source);
    mz_cmds_add(&fx.cmds, 3, argv);
    CHECK(fx_run()->type == REDIS_REPLY_STRING);
    snprintf(m_dump_sha, sizeof(m_dump_sha), "%s",
             fx.last->str ? fx.last->str : "");
}


static long
sequences(void)
{
    const char  *s;

    s = getenv("MZ_TEST_SEQUENCES");

    return s ? strtol(s, NULL, 10) : SEQUENCES;
}


static void
test_random(void)
{
    long    i, max;
    size_t  n, total;
    step_t  steps[STEPS_MAX];

    total = 0;
    max = sequences();

    for (i = 0; i < max; i++) {
        n = make_steps(seed + (uint64_t) i, steps);
        total += n;

        if (!run_steps(steps, n, true)) {
            CHECK_ROW(0, "sequence %ld", i);
            report(seed + (uint64_t) i, steps, n);
            return;
        }
    }

    printf("# %ld sequences, %zu operations\n", max, total);
}


static void
test_coverage(void)
{
    int          op, i;
    const char  *p;

    if (sequences() < COVERING || mz_test_failures) {
        return;
    }

    for (op = 0; op < OPS; op++) {
        for (i = 0, p = ops[op].outcomes; p; i++) {
            CHECK_ROW(seen[op][i] > 0, "%s never came to outcome %d of %s",
                      ops[op].name, i, ops[op].outcomes);
            p = strchr(p, ',');
            p = p ? p + 1 : NULL;
        }
    }
}


static const mz_test_t  tests[] = {
    { "redis-server runs", test_start },
    { "random operations agree with the model", test_random },
    { "every operation came to every outcome", test_coverage }
};

MZ_TEST_MAIN(tests)
