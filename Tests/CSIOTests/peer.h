/* Servers on plain sockets. Each connection runs a script in its own thread, which can do to a client what
 * no well-behaved server would. */
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
  void *data;   /* for the test */
  int accepted; /* under `monitor`, like all below */
  int ended;
  int handshakes; /* TLS handshakes that succeeded */
  int resumed;    /* of these, the ones that resumed a session */
  int requests;   /* HTTP requests read by client_read_request */
  pthread_t acceptor;
  pthread_t clients[1024];
  int fds[1024]; /* under `monitor`; -1 once closed */
  bool joined[1024];
};

/* Starts listening on a free port of 127.0.0.1; peer_url tells which. */
void peer_start(peer *peer, script script, SSL_CTX *tls, void *data);

/* The same on ::1; false without IPv6. */
bool peer_start_v6(peer *peer, script script, SSL_CTX *tls, void *data);

/* Stops listening, shuts down the remaining connections, and waits for their scripts to end. */
void peer_stop(peer *peer);

/* "SCHEME://HOST:PORT/PATH"; the host is the peer's address unless given. Overwritten by the tenth call
 * after this one. */
const char *peer_url(const peer *peer, const char *scheme, const char *host, const char *path);

/* One of the counters, read under the lock. */
int peer_count(peer *peer, const int *counter);

/* A port of 127.0.0.1 on which nobody listens. */
uint16_t free_port(void);

/* A listener on 127.0.0.2 whose full queue leaves every SYN unanswered. */
typedef struct silence {
  int listener, fillers[4];
  uint16_t port;
} silence;

/* On any port for 0. */
silence make_silence(uint16_t port);
void end_silence(silence *silence);

/* Reads up to `size` bytes; 0 at the end, -1 after a reset. */
long client_read(client *client, void *into, size_t size);

/* Reads exactly `size` bytes; false if the connection ends first. */
bool client_read_all(client *client, void *into, size_t size);

/* False if the client is gone. */
bool client_write(client *client, const void *from, size_t size);
bool client_print(client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Discards what the client sends until it closes its end. */
void client_drain(client *client);

/* Makes the connection end with a reset. */
void client_reset(client *client);

/* An HTTP request, head and body, each null-terminated. */
typedef struct request {
  char head[70000];
  size_t head_size;
  char *body;
  size_t body_size;
} request;

/* False if the connection ended instead. request_free frees the body. */
bool client_read_request(client *client, request *request);
void request_free(request *request);

/* Sends a complete answer with Content-Length and keep-alive. */
bool client_answer(client *client, int status, const char *body);

/* A script that answers one request, with "fine" except for HEAD. */
void answer_once(client *client);

#endif
