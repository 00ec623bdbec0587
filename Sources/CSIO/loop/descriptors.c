#include "loop/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

bool csio__has_descriptors(int count)
{
  int taken[16], held = 0, error = 0;
  while (held < count && (taken[held] = open("/", O_RDONLY | O_CLOEXEC)) >= 0)
    held++;
  if (held < count) error = errno;
  while (held)
    close(taken[--held]);
  if (error) errno = error;
  return !error;
}

int csio__open_socket(int family, int type, int protocol)
{
#ifdef SOCK_CLOEXEC
  int made = socket(family, type | SOCK_CLOEXEC, protocol);
#else
  int made = socket(family, type, protocol);
  if (made >= 0) fcntl(made, F_SETFD, FD_CLOEXEC);
#endif
#ifdef SO_NOSIGPIPE /* for macOS, which signals the process, not only the thread, which blocks it */
  if (made >= 0) setsockopt(made, SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
  return made;
}
