
/*
 * planner_words: sorted lists of English words.  Cue words mean something
 * to the planner and are what misspelt words are mended to; everyday words
 * mean nothing to it and are never mended or taken for names; fillers say
 * nothing about what is asked, so nobody misses them in the answer.
 */

#ifndef MZ_PLANNER_WORDS_H
#define MZ_PLANNER_WORDS_H

#include "base/mz_str.h"


extern const char *const  mz_pl_cue_words[];
extern const size_t       mz_pl_ncue_words;
extern const char *const  mz_pl_everyday_words[];
extern const size_t       mz_pl_neveryday_words;


/* planner_word.c: list is sorted. */
bool mz_pl_is_listed(const char *const *list, size_t n, mz_str_t s);

/* planner_filler.c: a word that may go unused without a remark. */
bool mz_pl_is_filler(mz_str_t text);


#endif /* MZ_PLANNER_WORDS_H */
