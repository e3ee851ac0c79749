
/*
 * planner_words: two sorted lists of English words.  Cue words mean
 * something to the planner and are what misspelt words are mended to;
 * everyday words mean nothing to it and are never mended or missed.
 */

#ifndef MZ_PLANNER_WORDS_H
#define MZ_PLANNER_WORDS_H

#include "base/mz_base.h"


extern const char *const  mz_pl_cue_words[];
extern const size_t       mz_pl_ncue_words;
extern const char *const  mz_pl_everyday_words[];
extern const size_t       mz_pl_neveryday_words;


#endif /* MZ_PLANNER_WORDS_H */
