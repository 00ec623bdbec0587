#include "stream.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *context;

bool stream_use_tls(const char *certificate, const char *key)
{
  context = SSL_CTX_new(TLS_server_method());
  if (!context) return false;
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
  return SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
         SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
}

bool stream_open(stream *stream, int socket)
{
  stream->socket = socket;
  stream->tls = NULL;
  if (!context) return true;
  stream->tls = SSL_new(context);
  if (!stream->tls || !SSL_set_fd(stream->tls, socket)) return false;
  SSL_set_accept_state(stream->tls); /* the handshake happens while reading */
  return true;
}

void stream_close(stream *stream)
{
  SSL_free(stream->tls);
  close(stream->socket);
}

static ssize_t result(ssize_t count)
{
  if (count > 0) return count;
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : -1;
}

static ssize_t tls_result(const stream *stream, int done, size_t count)
{
  if (done == 1) return (ssize_t)count;
  int error = SSL_get_error(stream->tls, done);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

ssize_t stream_read(stream *stream, uint8_t *into, size_t room)
{
  if (!stream->tls) return result(recv(stream->socket, into, room, 0));
  size_t total = 0, count;
  int done;
  /* one record at a time */
  while ((done = SSL_read_ex(stream->tls, into + total, room - total, &count)) == 1) {
    total += count;
    if (total == room) return (ssize_t)total;
  }
  ssize_t end = tls_result(stream, done, 0);
  return total ? (ssize_t)total : end;
}

ssize_t stream_write(stream *stream, const uint8_t *bytes, size_t size)
{
  if (!stream->tls) return result(send(stream->socket, bytes, size, 0));
  size_t count = 0;
  int done = SSL_write_ex(stream->tls, bytes, size, &count);
  return tls_result(stream, done, count);
}

bool stream_holds_more(const stream *stream)
{
  return stream->tls && SSL_pending(stream->tls);
}
