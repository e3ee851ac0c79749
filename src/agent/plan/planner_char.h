
/*
 * planner_char: what runs of characters look like to the tokeniser.
 */

#ifndef MZ_PLANNER_CHAR_H
#define MZ_PLANNER_CHAR_H

#include "agent/plan/planner_core.h"


bool mz_pl_is_word_byte(unsigned char c);
bool mz_pl_is_digit(char c);

/* YYYY-MM-DD. */
bool mz_pl_is_date(mz_str_t s, int64_t *ms);

/* A version or an address: digits and two dots or more. */
bool mz_pl_is_dotted(mz_str_t s);

/* "U.S" and the same without its dots, in lower case. */
bool mz_pl_is_acronym(mz_str_t s);
mz_str_t mz_pl_undotted(mz_pl_t *pl, mz_str_t s);

/* The id of a user: behind such a word, or by its looks. */
bool mz_pl_is_id(const mz_pl_t *pl, mz_str_t s);

/* The long form of "pls", "avg"; behind a number of "d", "h" as well. */
mz_str_t mz_pl_expanded(mz_str_t text, bool is_after_number);

/* Lower case, without apostrophes or the possessive s behind one. */
mz_str_t mz_pl_plain(mz_pl_t *pl, mz_str_t s);


#endif /* MZ_PLANNER_CHAR_H */
