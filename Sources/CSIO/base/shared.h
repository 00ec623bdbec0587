/* Objects that programs share among handles, with a count of references in `references`. */
#ifndef CSIO_SHARED_H
#define CSIO_SHARED_H

#include <stdatomic.h>

/* Defines TYPE_retain. */
#define CSIO__RETAIN(type)                                                                                   \
  type *type##_retain(type *object)                                                                          \
  {                                                                                                          \
    atomic_fetch_add(&object->references, 1);                                                                \
    return object;                                                                                           \
  }

/* Defines csio__NAME_use, which also marks the object as constant; NULL is allowed. */
#define CSIO__USE(name)                                                                                      \
  void csio__##name##_use(csio_##name *object)                                                               \
  {                                                                                                          \
    if (object) atomic_store(&csio_##name##_retain(object)->used, true);                                     \
  }

/* Whether this was not the last reference; so for NULL. */
#define CSIO__STAYS(object) (!(object) || atomic_fetch_sub(&(object)->references, 1) > 1)

#endif
