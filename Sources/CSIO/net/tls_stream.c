#include "net/tls_stream.h"
#include "net/url.h"

#include <openssl/err.h>
#include <stdlib.h>

/* --- OpenSSL's way to the bytes --- */

static int read_input(BIO *bio, char *into, int room)
{
  csio__tls_stream *stream = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (!stream->input_size) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t size = stream->input_size < (size_t)room ? stream->input_size : (size_t)room;
  memcpy(into, stream->input, size);
  stream->input += size;
  stream->input_size -= size;
  return (int)size;
}

static int write_output(BIO *bio, const char *bytes, int size)
{
  csio__tls_stream *stream = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (csio__bytes_append(&stream->output, bytes, (size_t)size)) return size;
  stream->no_memory = true;
  return -1;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
  (void)bio, (void)number, (void)pointer;
  return command == BIO_CTRL_FLUSH;
}

/* Made once and never freed. */
static const BIO_METHOD *bytes_method(void)
{
  static _Atomic(BIO_METHOD *) shared;
  BIO_METHOD *method = atomic_load(&shared), *first = NULL;
  if (method) return method;
  method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "csio");
  if (!method) return NULL;
  BIO_meth_set_read(method, read_input);
  BIO_meth_set_write(method, write_output);
  BIO_meth_set_ctrl(method, control);
  if (atomic_compare_exchange_strong(&shared, &first, method)) return method;
  BIO_meth_free(method);
  return first;
}

/* The settings' context for streams, made with the first one. */
static int ctx_of(csio_tls *tls, SSL_CTX **out)
{
  static const unsigned char alpn[] = "\x08http/1.1";
  if ((*out = atomic_load(&tls->ctx))) return CSIO_OK;
  SSL_CTX *made = SSL_CTX_new(TLS_client_method());
  int err = made ? csio__tls_configure(tls, made) : CSIO_ENOMEM;
  if (!err && SSL_CTX_set_alpn_protos(made, alpn, sizeof alpn - 1)) err = CSIO_ENOMEM;
  if (!err && atomic_compare_exchange_strong(&tls->ctx, out, made))
    *out = made;
  else
    SSL_CTX_free(made);
  return err;
}

static int prepare(csio__tls_stream *stream, csio_tls *tls, const char *host, uint16_t port)
{
  SSL_CTX *ctx;
  char name[256];
  stream->handshake = csio__tls_handshake_create(tls, host, port);
  if (!stream->handshake) return CSIO_ENOMEM;
  int err = ctx_of(tls, &ctx);
  if (err) return err;
  const BIO_METHOD *method = bytes_method();
  BIO *bio = method ? BIO_new(method) : NULL;
  stream->ssl = bio ? SSL_new(ctx) : NULL;
  if (!stream->ssl) {
    BIO_free(bio);
    return CSIO_ENOMEM;
  }
  BIO_set_data(bio, stream);
  BIO_set_init(bio, 1);
  SSL_set_bio(stream->ssl, bio, bio);
  bool named = csio__tls_name(host, name) && *name && !csio__is_address(name);
  if (named && !SSL_set_tlsext_host_name(stream->ssl, name)) return CSIO_ENOMEM;
  SSL_set_connect_state(stream->ssl);
  return SSL_set_app_data(stream->ssl, stream->handshake) ? CSIO_OK : CSIO_ENOMEM;
}

int csio__tls_stream_create(csio_tls *tls, const char *host, uint16_t port, csio__tls_stream **out)
{
  csio__tls_stream *stream = calloc(1, sizeof *stream);
  if (!stream) return CSIO_ENOMEM;
  ERR_clear_error();
  int err = prepare(stream, tls, host, port);
  if (!err) csio__tls_stream_read(stream, NULL, 0);
  if (!err && stream->state == CSIO__TLS_BROKEN) err = CSIO_ENOMEM;
  ERR_clear_error();
  if (err)
    csio__tls_stream_destroy(stream);
  else
    *out = stream;
  return err;
}

void csio__tls_stream_destroy(csio__tls_stream *stream)
{
  if (!stream) return;
  SSL_free(stream->ssl);
  csio__tls_handshake_release(stream->handshake);
  csio__bytes_free(&stream->output);
  csio__bytes_free(&stream->held);
  free(stream);
}

/* After a call to OpenSSL that did not succeed: the stream waits, or has ended. */
static void note_result(csio__tls_stream *stream, int result)
{
  switch (SSL_get_error(stream->ssl, result)) {
  case SSL_ERROR_WANT_READ:
    break;
  case SSL_ERROR_ZERO_RETURN:
    stream->state = stream->state == CSIO__TLS_OPEN ? CSIO__TLS_ENDED : CSIO__TLS_BROKEN;
    break;
  default:
    stream->state = CSIO__TLS_BROKEN;
    stream->handshake->report.reason = ERR_peek_last_error();
  }
  ERR_clear_error();
}

static bool encrypt(csio__tls_stream *stream, const void *bytes, size_t size)
{
  enum { RECORD = 16 * 1024, OVERHEAD = 64 };
  size_t done;
  if (!csio__bytes_reserve(&stream->output, size + (size / RECORD + 1) * OVERHEAD)) {
    stream->no_memory = true;
    return false;
  }
  int result = SSL_write_ex(stream->ssl, bytes, size, &done);
  if (result != 1) note_result(stream, result);
  return result == 1;
}

void csio__tls_stream_feed(csio__tls_stream *stream, const uint8_t *bytes, size_t size)
{
  stream->input = bytes;
  stream->input_size = size;
}

size_t csio__tls_stream_read(csio__tls_stream *stream, uint8_t *into, size_t room)
{
  enum { MOST_OUTPUT = 256 * 1024 };
  ERR_clear_error();
  if (stream->state == CSIO__TLS_HANDSHAKE) {
    int result = SSL_do_handshake(stream->ssl);
    if (result == 1)
      stream->state = CSIO__TLS_OPEN;
    else
      note_result(stream, result);
  }
  size_t size = 0;
  /* trying in vain costs as much as reading a small record */
  while (stream->state == CSIO__TLS_OPEN && size < room &&
         (stream->input_size || SSL_has_pending(stream->ssl))) {
    size_t got = 0;
    int result = SSL_read_ex(stream->ssl, into + size, room - size, &got);
    size += got;
    if (result == 1) continue;
    note_result(stream, result);
    break;
  }
  if (size) stream->answered = true;
  if (stream->held.size && encrypt(stream, stream->held.data, stream->held.size))
    csio__bytes_free(&stream->held);
  /* a peer that asks for answers, such as new keys, and does not read them */
  if (stream->output.size > MOST_OUTPUT) stream->state = CSIO__TLS_BROKEN;
  return size;
}

bool csio__tls_stream_write(csio__tls_stream *stream, const void *bytes, size_t size)
{
  if (stream->state != CSIO__TLS_OPEN) return false;
  if (!size) return true;
  ERR_clear_error();
  if (!stream->held.size && encrypt(stream, bytes, size)) return true;
  if (stream->state != CSIO__TLS_OPEN || !SSL_in_init(stream->ssl)) return false;
  bool held = csio__bytes_append(&stream->held, bytes, size);
  if (!held) stream->no_memory = true;
  return held;
}

void csio__tls_stream_end(csio__tls_stream *stream)
{
  ERR_clear_error();
  if (stream->state == CSIO__TLS_OPEN || stream->state == CSIO__TLS_ENDED) SSL_shutdown(stream->ssl);
  ERR_clear_error();
}

bool csio__tls_stream_failure(csio__tls_stream *stream, const char *host, csio__failure *failure)
{
  bool broken = stream->state == CSIO__TLS_BROKEN, shaking = !stream->handshake->report.finished;
  if (stream->no_memory) return csio__failure_code(failure, CSIO_ENOMEM);
  if (broken && csio__tls_failure(stream->handshake, host, failure)) return true;
  if (!stream->answered && csio__tls_certificate_refused(stream->handshake, host, failure)) return true;
  return (broken || shaking) &&
         csio__failure_set(failure, CSIO_ETLS, "the TLS %s with %s failed: the connection was lost",
             shaking ? "handshake" : "connection", host);
}
