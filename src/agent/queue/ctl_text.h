
/*
 * ctl_text: text from Redis for a terminal and for JSON.  Prompts, answers
 * and reasons were written by others: no byte of them may steer a terminal.
 */

#ifndef MZ_CTL_TEXT_H
#define MZ_CTL_TEXT_H

#include "base/mz_json.h"


/* On one line: at most max characters (0: all), control ones escaped. */
void mz_ctl_text_add(mz_buf_t *b, mz_str_t s, size_t max);

/* The same in quotes, and the quotes in it escaped. */
void mz_ctl_text_quote(mz_buf_t *b, mz_str_t s, size_t max);

/* All lines, each behind that many spaces. */
void mz_ctl_text_block(mz_buf_t *b, mz_str_t s, size_t indent);

/* Fills up with spaces to a column: width since the byte at start. */
void mz_ctl_text_pad(mz_buf_t *b, size_t start, size_t width);

/* "0s", "59s", "12m", "3h", "45d"; negative is 0s. */
void mz_ctl_text_span(mz_buf_t *b, int64_t ms);

/* Members; s without data, and a time of 0, are null. */
mz_rc_t mz_ctl_text_set(json_t *obj, const char *key, mz_str_t s);
mz_rc_t mz_ctl_text_set_time(json_t *obj, const char *key, int64_t ms);

/* The value of JSON text; null when it is empty, a string when it is none. */
mz_rc_t mz_ctl_text_set_json(json_t *obj, const char *key, mz_str_t s);


#endif /* MZ_CTL_TEXT_H */
