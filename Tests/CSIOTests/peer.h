/* Servers on plain sockets, each of whose connections runs a script in a thread of its own. A script can do
 * to a client what no well-behaved server would. */
#ifndef CSIO_TESTS_PEER_H
#define CSIO_TESTS_PEER_H

#include "test.h"

#include <openssl/ssl.h>

typedef struct peer peer;

typedef struct client {
  peer *peer;
  int index; /* 0 for the server's first connection */
  int fd;
  SSL *ssl; /* NULL without TLS */
} client;

/* The connection is closed when the script returns. */
typedef void (*script)(client *client);

struct peer {
  monitor monitor;
  int listener;
  uint16_t port;
  bool v6;
  script script;
  SSL_CTX *tls; /* not owned; NULL without TLS */
  void *data;   /* the test's */
  int accepted; /* under `monitor`, as all below */
  int ended;
  int handshakes; /* TLS handshakes that succeeded */
  int resumed;    /* those of them that went on with an earlier session */
  int requests;   /* HTTP requests read by client_read_request */
  pthread_t acceptor;
  pthread_t clients[1024];
  int fds[1024]; /* under `monitor`; -1 once closed */
  bool joined[1024];
};

/* Starts listening on a free port of 127.0.0.1; the URL functions tell which. */
void peer_start(peer *peer, script script, SSL_CTX *tls, void *data);

/* The same on ::1; false where there is no IPv6. */
bool peer_start_v6(peer *peer, script script, SSL_CTX *tls, void *data);

/* Stops listening, shuts down what connections are left, and waits for their scripts to end. */
void peer_stop(peer *peer);

/* "SCHEME://HOST:PORT/PATH", the host being the peer's address unless given. In storage that the tenth call
 * from now uses again. */
const char *peer_url(const peer *peer, const char *scheme, const char *host, const char *path);

/* One of the counters, read under the lock. */
int peer_count(peer *peer, const int *counter);

/* A port of 127.0.0.1 on which nobody listens. */
uint16_t free_port(void);

/* Reads up to `size` bytes: 0 at the end, -1 after a reset. */
long client_read(client *client, void *into, size_t size);

/* Reads exactly `size` bytes; false when the connection ends before. */
bool client_read_all(client *client, void *into, size_t size);

/* False when the peer has gone. */
bool client_write(client *client, const void *from, size_t size);
bool client_print(client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits until the client closes its end, dropping what it sends. */
void client_drain(client *client);

/* Makes the end of the connection a reset. */
void client_reset(client *client);

/* An HTTP request, head and body, terminated. */
typedef struct request {
  char head[70000];
  size_t head_size;
  char *body;
  size_t body_size;
} request;

/* False when the connection ended instead. A body that came is freed by request_free. */
bool client_read_request(client *client, request *request);
void request_free(request *request);

/* A whole answer with Content-Length and keep-alive. */
bool client_answer(client *client, int status, const char *body);

/* A script: answers one request, with "fine" except to HEAD. */
void answer_once(client *client);

#endif
