
/*
 * mz_list: an intrusive, circular, doubly linked queue.  The head is an
 * mz_list_t too.  An element may be removed while it is the current one of
 * mz_list_each_safe() only.
 */

#ifndef MZ_LIST_H
#define MZ_LIST_H

#include "base/mz_base.h"


typedef struct mz_list_s  mz_list_t;

struct mz_list_s {
    mz_list_t  *prev;
    mz_list_t  *next;
};


static inline void
mz_list_init(mz_list_t *l)
{
    l->prev = l;
    l->next = l;
}


static inline bool
mz_list_is_empty(const mz_list_t *l)
{
    return l->next == l;
}


static inline void
mz_list_push_back(mz_list_t *head, mz_list_t *x)
{
    x->prev = head->prev;
    x->next = head;
    head->prev->next = x;
    head->prev = x;
}


static inline void
mz_list_push_front(mz_list_t *head, mz_list_t *x)
{
    x->next = head->next;
    x->prev = head;
    head->next->prev = x;
    head->next = x;
}


/* x may be removed twice: it is left as a list of its own. */
static inline void
mz_list_remove(mz_list_t *x)
{
    x->prev->next = x->next;
    x->next->prev = x->prev;
    mz_list_init(x);
}


#define mz_list_entry(l, type, member)                                        \
    ((type *) (void *) ((char *) (l) - offsetof(type, member)))

#define mz_list_each(pos, head)                                               \
    for ((pos) = (head)->next; (pos) != (head); (pos) = (pos)->next)

#define mz_list_each_safe(pos, tmp, head)                                     \
    for ((pos) = (head)->next, (tmp) = (pos)->next; (pos) != (head);          \
         (pos) = (tmp), (tmp) = (pos)->next)


#endif /* MZ_LIST_H */
