#ifndef CSIO_LIST_H
#define CSIO_LIST_H

/* Lists of structs that have two members for it: `next`, and `link`, the pointer that points at them. The
 * arguments are evaluated more than once. */

/* Adds an item in front of the list. */
#define CSIO__LIST_ADD(first, item)                                                                          \
  do {                                                                                                       \
    (item)->next = *(first);                                                                                 \
    (item)->link = (first);                                                                                  \
    if ((item)->next) (item)->next->link = &(item)->next;                                                    \
    *(first) = (item);                                                                                       \
  } while (0)

/* Takes an item out of its list. Its members stay as they are. */
#define CSIO__LIST_REMOVE(item)                                                                              \
  do {                                                                                                       \
    *(item)->link = (item)->next;                                                                            \
    if ((item)->next) (item)->next->link = (item)->link;                                                     \
  } while (0)

#endif
