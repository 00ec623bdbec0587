#ifndef CSIO_DESCRIPTORS_H
#define CSIO_DESCRIPTORS_H

#include <stdbool.h>

/* Whether the process may open that many more files, up to 16; else false, with errno set to the reason. */
bool csio__has_descriptors(int count);

/* socket(), but programs that the process starts do not inherit it, and sending on it causes no SIGPIPE where
 * the system can turn that off. */
int csio__open_socket(int family, int type, int protocol);

#endif
