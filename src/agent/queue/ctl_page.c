
#include "agent/queue/ctl_page.h"
#include "agent/queue/ctl_text.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_CTL_PAGE_NAME   14       /* width of names */
#define MZ_CTL_PAGE_TIME   26

/* Members that are times, wherever they are. */

static const char *const  mz_ctl_page_times[] = {
    "at", "created", "started", "updated", "finished", "lease", "expires"
};

/* What follows the members of one line. */

static const char *const  mz_ctl_page_texts[] = {
    "prompt", "answer"
};

/* Of each line of a list, in this order. */

static const char *const  mz_ctl_page_event[] = {
    "seq", "attempt", "at", "type", "phase", "text", NULL
};

static const char *const  mz_ctl_page_artifact[] = {
    "id", "kind", "name", "rows", "bytes", "title", NULL
};

static const char *const  mz_ctl_page_turn[] = {
    "at", "role", "run", "text", NULL
};


static void mz_ctl_page_object(mz_buf_t *b, const json_t *obj,
    size_t indent);
static void mz_ctl_page_member(mz_buf_t *b, const char *key,
    const json_t *v, size_t indent);
static void mz_ctl_page_value(mz_buf_t *b, const char *key, const json_t *v);
static void mz_ctl_page_list(mz_buf_t *b, const char *name,
    const json_t *list, const char *const *columns);
static bool mz_ctl_page_is_one(const char *key, const char *const *names,
    size_t n);


void
mz_ctl_page(mz_buf_t *b, const json_t *root)
{
    size_t         i;
    mz_str_t       text;
    const json_t  *conv;

    mz_ctl_page_object(b, root, 0);

    for (i = 0; i < MZ_ARRAY_LEN(mz_ctl_page_texts); i++) {
        text = mz_json_get_str(root, mz_ctl_page_texts[i]);

        if (text.len > 0) {
            mz_buf_addf(b, "\n%s:\n", mz_ctl_page_texts[i]);
            mz_ctl_text_block(b, text, 2);
        }
    }

    mz_ctl_page_list(b, "events", json_object_get(root, "events"),
                     mz_ctl_page_event);
    mz_ctl_page_list(b, "artifacts", json_object_get(root, "artifacts"),
                     mz_ctl_page_artifact);

    conv = json_object_get(root, "conversation");

    if (json_is_object(conv)) {
        mz_buf_add_c(b, "\nconversation:\n");
        mz_ctl_page_object(b, conv, 2);
        mz_ctl_page_list(b, "newest turns",
                         json_object_get(conv, "newest_turns"),
                         mz_ctl_page_turn);
    }
}


/* Its members that fit a line. */

static void
mz_ctl_page_object(mz_buf_t *b, const json_t *obj, size_t indent)
{
    json_t      *v;
    const char  *key;

    json_object_foreach((json_t *) obj, key, v) {
        if (!mz_ctl_page_is_one(key, mz_ctl_page_texts,
                                MZ_ARRAY_LEN(mz_ctl_page_texts))
            && strcmp(key, "conversation") != 0
            && !json_is_null(v) && !json_is_array(v)
            && !(json_is_string(v) && json_string_length(v) == 0))
        {
            mz_ctl_page_member(b, key, v, indent);
        }
    }
}


static void
mz_ctl_page_member(mz_buf_t *b, const char *key, const json_t *v,
    size_t indent)
{
    size_t  at;

    mz_buf_addf(b, "%*s", (int) indent, "");
    at = b->len;
    mz_buf_add_c(b, key);
    mz_ctl_text_pad(b, at, MZ_CTL_PAGE_NAME);
    mz_ctl_page_value(b, key, v);
    mz_buf_add_char(b, '\n');
}


static void
mz_ctl_page_value(mz_buf_t *b, const char *key, const json_t *v)
{
    mz_buf_t  json;

    if (json_is_string(v)) {
        mz_ctl_text_add(b, mz_json_str(v), 0);
        return;
    }

    if (json_is_integer(v)
        && mz_ctl_page_is_one(key, mz_ctl_page_times,
                              MZ_ARRAY_LEN(mz_ctl_page_times)))
    {
        mz_time_rfc3339(b, json_integer_value(v));
        return;
    }

    mz_buf_init(&json, 0);
    mz_json_dump(&json, v);
    mz_ctl_text_add(b, mz_buf_view(&json), 0);
    mz_buf_free(&json);
}


static void
mz_ctl_page_list(mz_buf_t *b, const char *name, const json_t *list,
    const char *const *columns)
{
    size_t         i, k, at;
    const json_t  *v;

    if (json_array_size(list) == 0) {
        return;
    }

    mz_buf_addf(b, "\n%s:\n", name);

    for (i = 0; i < json_array_size(list); i++) {
        mz_buf_add_c(b, "  ");

        for (k = 0; columns[k] != NULL; k++) {
            v = json_object_get(json_array_get(list, i), columns[k]);
            at = b->len;

            if (v != NULL && !json_is_null(v)) {
                mz_ctl_page_value(b, columns[k], v);
            }

            if (columns[k + 1] != NULL) {
                mz_ctl_text_pad(b, at, strcmp(columns[k], "at") == 0
                                       ? MZ_CTL_PAGE_TIME : 3);
            }
        }

        mz_buf_add_char(b, '\n');
    }
}


static bool
mz_ctl_page_is_one(const char *key, const char *const *names, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (strcmp(key, names[i]) == 0) {
            return true;
        }
    }

    return false;
}
