
/*
 * prompts: example questions with arguments.  Each becomes one message of
 * the user: the question in words that the analytics agent understands, and
 * which tools answer it.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "tools/complete.h"


#define MZ_PROMPTS_VALUE_MAX  256       /* bytes of an argument */
#define MZ_PROMPTS_FORMS_MAX  4

/*
 * {name} stands for an argument; what is between [ and ] is left out without
 * it.  The first form whose other arguments were given is the question.
 * {again} is given when return_event is the event itself.
 */

typedef struct {
    const mz_prompt_t  *prompt;
    const char         *forms[MZ_PROMPTS_FORMS_MAX];
} mz_prompts_form_t;


static mz_step_t mz_prompts_step(mz_call_t *call, mz_tool_event_t ev);
static bool mz_prompts_check(mz_call_t *call, const mz_prompt_t *prompt,
    mz_step_t *step);
static bool mz_prompts_is_text(mz_str_t s);
static const mz_prompts_form_t *mz_prompts_find(const mz_op_t *op);
static bool mz_prompts_say(const json_t *args, const char *form,
    mz_buf_t *out);
static const char *mz_prompts_variable(const json_t *args, const char *p,
    mz_str_t *value);
static mz_str_t mz_prompts_value(const json_t *args, mz_str_t name);
static mz_step_t mz_prompts_done(mz_call_t *call, mz_str_t description,
    mz_buf_t *text);


static const char  mz_prompts_how[] =
    "\n\nAnswer this with the analytics agent: call run_analytics_agent with "
    "the line above as its prompt, then get_analytics_agent_status with the "
    "conversation_id and prompt_id it returns until the status is no longer "
    "\"running\". Show the answer together with the definition and the "
    "assumptions it states; query_table_artifact reads further rows of its "
    "tables.";


#define MZ_PROMPTS_OP(text)                                                   \
    { .name = mz_str(text), .flags = MZ_OP_REPEATABLE,                        \
      .step = mz_prompts_step }

#define MZ_PROMPTS_ARGUMENTS(list)                                            \
    .arguments = list, .narguments = MZ_ARRAY_LEN(list)


static const mz_argument_t  mz_prompts_trend_arguments[] = {
    { mz_str("event"), mz_str("Event"),
      mz_str("What is counted, such as purchase."), true,
      &mz_complete_events },
    { mz_str("property"), mz_str("Property"),
      mz_str("Count only where this property has the value; without a value: "
             "one line for each of its values."), false,
      &mz_complete_properties },
    { mz_str("value"), mz_str("Value"), mz_str("A value of the property."),
      false, &mz_complete_values },
    { mz_str("range"), mz_str("Range"),
      mz_str("Of time, such as last 30 days (the default)."), false,
      &mz_complete_ranges }
};

static const mz_prompt_t  mz_prompts_trend = {
    .op = MZ_PROMPTS_OP("ask_trend"),
    .title = mz_str("How does it develop?"),
    .description = mz_str("How often an event happens per day, maybe only "
                          "for one value of a property."),
    MZ_PROMPTS_ARGUMENTS(mz_prompts_trend_arguments)
};


static const mz_argument_t  mz_prompts_segments_arguments[] = {
    { mz_str("event"), mz_str("Event"),
      mz_str("What the users did, such as signup."), true,
      &mz_complete_events },
    { mz_str("property"), mz_str("Property"),
      mz_str("What tells the groups apart, such as country."), true,
      &mz_complete_properties }
};

static const mz_prompt_t  mz_prompts_segments = {
    .op = MZ_PROMPTS_OP("compare_segments"),
    .title = mz_str("How do groups compare?"),
    .description = mz_str("How many users did something, by the values of a "
                          "property."),
    MZ_PROMPTS_ARGUMENTS(mz_prompts_segments_arguments)
};


static const mz_argument_t  mz_prompts_funnel_arguments[] = {
    { mz_str("first_event"), mz_str("First event"),
      mz_str("Where the funnel begins, such as product_view."), true,
      &mz_complete_events },
    { mz_str("second_event"), mz_str("Second event"),
      mz_str("What is to follow, such as purchase."), true,
      &mz_complete_events },
    { mz_str("by"), mz_str("By"),
      mz_str("A property to break the conversion down by."), false,
      &mz_complete_properties }
};

static const mz_prompt_t  mz_prompts_funnel = {
    .op = MZ_PROMPTS_OP("funnel"),
    .title = mz_str("How many get from one step to the next?"),
    .description = mz_str("The conversion from one event to another, maybe "
                          "by a property."),
    MZ_PROMPTS_ARGUMENTS(mz_prompts_funnel_arguments)
};


static const mz_argument_t  mz_prompts_retention_arguments[] = {
    { mz_str("event"), mz_str("Event"),
      mz_str("What users begin with, such as signup."), true,
      &mz_complete_events },
    { mz_str("return_event"), mz_str("Return event"),
      mz_str("What they come back to do; without it the agent chooses, and "
             "says what."), false,
      &mz_complete_events }
};

static const mz_prompt_t  mz_prompts_retention = {
    .op = MZ_PROMPTS_OP("retention"),
    .title = mz_str("Do users come back?"),
    .description = mz_str("The share of users who come back, week after week "
                          "from what they began with."),
    MZ_PROMPTS_ARGUMENTS(mz_prompts_retention_arguments)
};


static const mz_argument_t  mz_prompts_top_arguments[] = {
    { mz_str("property"), mz_str("Property"),
      mz_str("Whose values are looked for, such as category."), true,
      &mz_complete_properties },
    { mz_str("event"), mz_str("Event"),
      mz_str("Rank the values by how often this happened; without it the "
             "values are listed."), false,
      &mz_complete_events }
};

static const mz_prompt_t  mz_prompts_top = {
    .op = MZ_PROMPTS_OP("top_values"),
    .title = mz_str("Which values are the most common?"),
    .description = mz_str("The ten most frequent values of a property, or "
                          "all that are known."),
    MZ_PROMPTS_ARGUMENTS(mz_prompts_top_arguments)
};


static const mz_prompt_t  mz_prompts_data = {
    .op = MZ_PROMPTS_OP("what_data"),
    .title = mz_str("What data is there?"),
    .description = mz_str("The events that can be asked about.")
};


static const mz_prompts_form_t  mz_prompts_forms[] = {
    { &mz_prompts_trend, {
      "Trend of {event} per day where {property} is \"{value}\"[, {range}]",
      "Trend of {event} per day for \"{value}\"[, {range}]",
      "Trend of {event} per day by {property}[, {range}]",
      "Trend of {event} per day[, {range}]" } },
    { &mz_prompts_segments, {
      "How many users did {event} by {property}?" } },
    { &mz_prompts_funnel, {
      "What is the conversion from {first_event} to {second_event}"
      "[ by {by}]?" } },
    { &mz_prompts_retention, {
      "Weekly retention of users who did {event} and did {event} {again}",
      "Weekly retention of users who did {event}"
      "[ and then did {return_event}]" } },
    { &mz_prompts_top, {
      "Top 10 {property} of {event}",
      "Which values can the {property} property take?" } },
    { &mz_prompts_data, {
      "What data do we have?" } }
};


const mz_prompt_t  *const mz_prompts[] = {
    &mz_prompts_trend,
    &mz_prompts_segments,
    &mz_prompts_funnel,
    &mz_prompts_retention,
    &mz_prompts_top,
    &mz_prompts_data,
    NULL
};


static mz_step_t
mz_prompts_step(mz_call_t *call, mz_tool_event_t ev)
{
    size_t                    i;
    mz_buf_t                  text;
    mz_step_t                 step;
    const mz_prompts_form_t  *form;

    (void) ev;

    form = mz_prompts_find(call->op);

    if (form == NULL) {
        return mz_call_error(call, MZ_INTERNAL, "a prompt without words");
    }

    if (!mz_prompts_check(call, form->prompt, &step)) {
        return step;
    }

    mz_buf_init(&text, 0);

    for (i = 0; i < MZ_PROMPTS_FORMS_MAX && form->forms[i] != NULL; i++) {
        mz_buf_reset(&text);

        if (mz_prompts_say(call->args, form->forms[i], &text)) {
            return mz_prompts_done(call, form->prompt->description, &text);
        }
    }

    mz_buf_free(&text);

    return mz_call_error(call, MZ_INTERNAL, "a prompt without words for its "
                         "arguments");
}


static bool
mz_prompts_check(mz_call_t *call, const mz_prompt_t *prompt, mz_step_t *step)
{
    size_t                i;
    mz_str_t              value;
    const mz_argument_t  *a;

    for (i = 0; i < prompt->narguments; i++) {
        a = &prompt->arguments[i];
        value = mz_prompts_value(call->args, a->name);

        if (a->is_required && value.len == 0) {
            *step = mz_call_fault(call, MZ_RPC_PARAMS, NULL, "prompt %.*s "
                                  "needs the argument \"%.*s\"",
                                  (int) prompt->op.name.len,
                                  prompt->op.name.data, (int) a->name.len,
                                  a->name.data);
            return false;
        }

        if (!mz_prompts_is_text(value)) {
            *step = mz_call_fault(call, MZ_RPC_PARAMS, NULL, "argument "
                                  "\"%.*s\" must be one line of at most %d "
                                  "bytes", (int) a->name.len, a->name.data,
                                  MZ_PROMPTS_VALUE_MAX);
            return false;
        }
    }

    return true;
}


static bool
mz_prompts_is_text(mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if ((unsigned char) s.data[i] < 0x20 || s.data[i] == 0x7f) {
            return false;
        }
    }

    return s.len <= MZ_PROMPTS_VALUE_MAX;
}


static const mz_prompts_form_t *
mz_prompts_find(const mz_op_t *op)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_prompts_forms); i++) {
        if (&mz_prompts_forms[i].prompt->op == op) {
            return &mz_prompts_forms[i];
        }
    }

    return NULL;
}


/* false: an argument is missing that this form needs. */

static bool
mz_prompts_say(const json_t *args, const char *form, mz_buf_t *out)
{
    bool         is_optional;
    size_t       begin;
    mz_str_t     value;
    const char  *p;

    is_optional = false;
    begin = 0;
    p = form;

    while (*p != '\0') {

        switch (*p) {

        case '[':
            is_optional = true;
            begin = out->len;
            p++;
            break;

        case ']':
            is_optional = false;
            p++;
            break;

        case '{':
            p = mz_prompts_variable(args, p, &value);

            if (value.len == 0 && !is_optional) {
                return false;
            }

            if (value.len == 0) {
                out->len = begin;
                p = strchr(p, ']');
            }

            mz_buf_add_str(out, value);
            break;

        default:
            mz_buf_add_char(out, *p++);
        }
    }

    return true;
}


/* The value of "{name}" at p; what stands behind it. */

static const char *
mz_prompts_variable(const json_t *args, const char *p, mz_str_t *value)
{
    const char  *end;

    end = strchr(p, '}');
    *value = mz_prompts_value(args, (mz_str_t) { p + 1,
                                                 (size_t) (end - p - 1) });

    return end + 1;
}


static mz_str_t
mz_prompts_value(const json_t *args, mz_str_t name)
{
    char      key[32];
    mz_str_t  event, other;

    if (mz_str_eq_c(name, "again")) {
        event = mz_prompts_value(args, mz_str("event"));
        other = mz_prompts_value(args, mz_str("return_event"));

        return mz_str_eq(event, other) ? mz_str("again") : mz_null_str;
    }

    snprintf(key, sizeof(key), "%.*s", (int) name.len, name.data);

    return mz_str_trim(mz_json_get_str(args, key));
}


/* Frees text. */

static mz_step_t
mz_prompts_done(mz_call_t *call, mz_str_t description, mz_buf_t *text)
{
    json_t   *messages, *members;
    mz_rc_t   rc;

    mz_buf_add_c(text, mz_prompts_how);

    messages = (text->rc == MZ_OK)
               ? json_pack("[{s:s, s:{s:s, s:o}}]", "role", "user", "content",
                           "type", "text", "text",
                           mz_json_str_new(mz_buf_view(text)))
               : NULL;
    mz_buf_free(text);

    members = json_object();
    rc = mz_json_set_str(members, "description", description);

    if (mz_json_set(members, "messages", messages) != MZ_OK || rc != MZ_OK) {
        json_decref(members);
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    return mz_call_done_members(call, members);
}
