
/*
 * fuzz_sse: events written one after the other are read back, as a browser
 * reads them (HTML Living Standard 9.2.6), as the same events.  A byte says
 * what to write, then its parts follow.
 */

#include "fuzz.h"
#include "proto/sse.h"


#define FUZZ_EVENTS  32

typedef struct {
    bool      is_event;             /* a comment and a retry are none */
    bool      has_type;
    mz_str_t  id;                   /* of the stream, after it */
    mz_str_t  data;                 /* owned; line breaks are blanks */
    int64_t   retry_ms;             /* -1: none said */
} fuzz_event_t;


static size_t fuzz_write(mz_str_t *in, fuzz_event_t *events, mz_buf_t *out);
static void fuzz_read(mz_str_t text, const fuzz_event_t *events, size_t n);
static const fuzz_event_t *fuzz_dispatch(const fuzz_event_t *e,
    const fuzz_event_t *end, const mz_buf_t *data, mz_str_t type,
    mz_str_t id);
static mz_str_t fuzz_id(mz_str_t *in);
static mz_str_t fuzz_line(mz_str_t *in);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t        i, n;
    mz_buf_t      out;
    mz_str_t      in;
    fuzz_event_t  events[FUZZ_EVENTS];

    in = (mz_str_t) { (const char *) data, size };
    mz_buf_init(&out, 0);

    n = fuzz_write(&in, events, &out);
    fuzz_read(mz_buf_view(&out), events, n);

    for (i = 0; i < n; i++) {
        fuzz_free(events[i].id);
        fuzz_free(events[i].data);
    }

    mz_buf_free(&out);

    return 0;
}


static size_t
fuzz_write(mz_str_t *in, fuzz_event_t *events, mz_buf_t *out)
{
    size_t         n;
    unsigned       c;
    mz_str_t       text;
    fuzz_event_t  *e;

    for (n = 0; n < FUZZ_EVENTS && in->len > 0; n++) {
        e = &events[n];
        memset(e, 0, sizeof(fuzz_event_t));
        e->retry_ms = -1;
        c = fuzz_byte(in);

        switch (c % 5) {

        case 0:
        case 1:
            if (c % 5 == 1) {
                e->id = fuzz_id(in);
            }

            text = fuzz_part(in);

            if (c % 5 == 1) {
                mz_sse_message_id(out, e->id, text);

            } else {
                mz_sse_message(out, text);
            }

            e->is_event = true;
            e->has_type = true;
            e->data = fuzz_line(&text);
            fuzz_free(text);
            break;

        case 2:
            e->id = fuzz_id(in);
            e->retry_ms = (int64_t) fuzz_byte(in);
            e->is_event = true;
            mz_sse_prime(out, e->id, e->retry_ms);
            break;

        case 3:
            e->retry_ms = (int64_t) fuzz_byte(in) * 1000;
            mz_sse_retry(out, e->retry_ms);
            break;

        default:
            text = fuzz_part(in);
            mz_sse_comment(out, text);
            fuzz_free(text);
            break;
        }
    }

    return n;
}


/* As the standard has it; lines end with LF alone, since we write so. */

static void
fuzz_read(mz_str_t text, const fuzz_event_t *events, size_t n)
{
    bool                 has_data;
    int64_t              ms;
    mz_buf_t             data;
    mz_str_t             line, field, type, id;
    const fuzz_event_t  *e, *r, *end;

    FUZZ_HOLD(text.len == 0 || memchr(text.data, '\r', text.len) == NULL,
              "a CR");

    e = events;
    r = events;
    end = events + n;
    has_data = false;
    type = mz_str("");
    id = mz_str("");
    mz_buf_init(&data, 0);

    while (mz_str_split(&text, '\n', &line)) {

        if (line.len == 0) {
            if (has_data) {
                e = fuzz_dispatch(e, end, &data, type, id);
            }

            has_data = false;
            type = mz_str("");
            mz_buf_reset(&data);
            continue;
        }

        if (line.data[0] == ':') {
            continue;
        }

        FUZZ_HOLD(mz_str_split(&line, ':', &field), "a field");
        FUZZ_HOLD(line.data != NULL, "%.*s", (int) field.len, field.data);

        if (line.len > 0 && line.data[0] == ' ') {
            line.data++;
            line.len--;
        }

        if (mz_str_eq_c(field, "data")) {
            FUZZ_HOLD(!has_data, "two lines of data");
            mz_buf_add_str(&data, line);
            has_data = true;

        } else if (mz_str_eq_c(field, "event")) {
            type = line;

        } else if (mz_str_eq_c(field, "id")) {
            id = line;

        } else {
            FUZZ_HOLD(mz_str_eq_c(field, "retry"), "%.*s", (int) field.len,
                      field.data);
            FUZZ_HOLD(mz_str_to_int(line, &ms) == MZ_OK && ms >= 0, "%.*s",
                      (int) line.len, line.data);

            while (r < end && r->retry_ms < 0) {
                r++;
            }

            FUZZ_HOLD(r < end && r->retry_ms == ms, "%.*s", (int) line.len,
                      line.data);
            r++;
        }
    }

    while (e < end && !e->is_event) {
        e++;
    }

    FUZZ_HOLD(e == end, "an event is missing");
    mz_buf_free(&data);
}


static const fuzz_event_t *
fuzz_dispatch(const fuzz_event_t *e, const fuzz_event_t *end,
    const mz_buf_t *data, mz_str_t type, mz_str_t id)
{
    while (e < end && !e->is_event) {
        e++;
    }

    FUZZ_HOLD(e < end, "an event too many");
    FUZZ_HOLD(mz_str_eq_c(type, e->has_type ? "message" : ""), "%.*s",
              (int) type.len, type.data);
    FUZZ_HOLD(mz_str_eq(mz_buf_view(data), e->data), "%.*s",
              (int) data->len, data->data);
    FUZZ_HOLD(e->id.data == NULL || mz_str_eq(id, e->id), "%.*s",
              (int) id.len, id.data);

    return e + 1;
}


/* Visible ASCII, as ids are. */

static mz_str_t
fuzz_id(mz_str_t *in)
{
    char      *p;
    size_t     i;
    mz_str_t   id;

    id = fuzz_part(in);
    p = (char *) (uintptr_t) id.data;

    for (i = 0; i < id.len; i++) {
        p[i] = (char) ('!' + (unsigned char) p[i] % 94);
    }

    return id;
}


/* What a line makes of it. */

static mz_str_t
fuzz_line(mz_str_t *in)
{
    char      *p;
    size_t     i;
    mz_str_t   line;

    line = fuzz_copy(*in);
    p = (char *) (uintptr_t) line.data;

    for (i = 0; i < line.len; i++) {
        if (p[i] == '\n' || p[i] == '\r') {
            p[i] = ' ';
        }
    }

    return line;
}
