/* Client certificates on both transports, and what cannot be read as one. */
#include "both_transports.h"
#include "call.h"
#include "identities.h"
#include "socket.h"
#include "tls_settings.h"

static csio_loop *loop;

static SSL_CTX *asking_server(int version)
{
  SSL_CTX *ctx = server_context(&good, &authority);
  SSL_CTX_set_max_proto_version(ctx, version);
  return ctx;
}

static void presents_a_client_certificate(void)
{
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (int i = 0; i < 2; i++) {
    csio_tls *tls = tls_trusting(&authority);
    CHECK_INT(tls_set_identity(tls, &own_client, &own_client, NULL, NULL), CSIO_OK);
    both_expect_tls(loop, asking_server(versions[i]), "localhost", tls, CSIO_OK, "");
    both_expect_tls(loop, asking_server(versions[i]), "localhost", tls_trusting(&authority),
        CSIO_ETLS_CLIENT_CERT, versions[i] == TLS1_3_VERSION ? "certificate required" : "client certificate");
    tls = tls_trusting(&authority);
    CHECK_INT(tls_set_identity(tls, &wrong_client, &wrong_client, NULL, NULL), CSIO_OK);
    both_expect_tls(
        loop, asking_server(versions[i]), "localhost", tls, CSIO_ETLS_CLIENT_CERT, "client certificate");
  }
}

typedef enum end { CLOSE_NOTIFY, FIN, RESET, ENDS } end;

/* The way Node refuses a client certificate: the handshake succeeds, then the connection closes. */
static void refuse_late(client *client)
{
  end end = *(const int *)client->peer->data % ENDS;
  bool read = *(const int *)client->peer->data / ENDS;
  char request[16];
  if (read) client_read(client, request, 1);
  SSL_set_quiet_shutdown(client->ssl, end != CLOSE_NOTIFY);
  if (end == RESET) client_reset(client);
}

static void reports_late_refusals(void)
{
  static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
  for (int i = 0; i < 2 * 2 * 2 * ENDS; i++) {
    int how = i % (2 * ENDS), with = i / (2 * ENDS) % 2, version = versions[i / (4 * ENDS)];
    SSL_CTX *ctx = server_context(&good, NULL);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, accept_any);
    SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"late", 4);
    peer server;
    peer_start(&server, refuse_late, ctx, &how);
    csio_tls *tls = tls_trusting(&authority);
    if (with) CHECK_INT(tls_set_identity(tls, &wrong_client, &wrong_client, NULL, NULL), CSIO_OK);
    for (int again = 0; again < 2; again++) { /* resumed without asking for a certificate */
      call call = {.loop = loop, .url = peer_url(&server, "https", "localhost", "/"), .tls = tls};
      call_expect_error(&call, CSIO_ETLS_CLIENT_CERT, "localhost asked for a client certificate");
    }
    socket_test socket = {.loop = loop, .url = peer_url(&server, "wss", "localhost", "/"), .tls = tls};
    socket_expect_error(&socket, CSIO_ETLS_CLIENT_CERT, "localhost asked for a client certificate");
    csio_tls_release(tls);
    peer_stop(&server);
    SSL_CTX_free(ctx);
  }
}

static void reads_encrypted_keys(void)
{
  csio_tls *tls = tls_trusting(&authority);
  CHECK_INT(tls_set_identity(tls, &own_client, &own_client, "right", "wrong"), CSIO_ETLS_PASSPHRASE);
  CHECK_CONTAINS(csio_tls_last_message(tls), "passphrase is missing or wrong");
  CHECK_INT(tls_set_identity(tls, &own_client, &own_client, "right", NULL), CSIO_ETLS_PASSPHRASE);
  CHECK_INT(tls_set_identity(tls, &own_client, &own_client, "right", "right"), CSIO_OK);
  CHECK_STRING(csio_tls_last_message(tls), "");
  both_expect_tls(loop, asking_server(TLS1_3_VERSION), "localhost", tls, CSIO_OK, "");
}

static void reads_pkcs12(void)
{
  int size;
  unsigned char *archive = identity_pkcs12(&own_client, "right", &size);
  csio_tls *tls = tls_trusting(&authority);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size, "wrong"), CSIO_ETLS_PASSPHRASE);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size, NULL), CSIO_ETLS_PASSPHRASE);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size / 2, "right"), CSIO_ETLS_CERT);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, "nonsense", 8, "right"), CSIO_ETLS_CERT);
  CHECK_INT(csio_tls_set_identity_pkcs12(tls, archive, (size_t)size, "right"), CSIO_OK);
  OPENSSL_free(archive);
  both_expect_tls(loop, asking_server(TLS1_3_VERSION), "localhost", tls, CSIO_OK, "");
}

static void refuses_what_cannot_be_read(void)
{
  csio_tls *tls = tls_new();
  char *pem = identity_certificate_pem(&good);
  CHECK_INT(csio_tls_add_ca(tls, "nonsense", 8), CSIO_ETLS_CA);
  CHECK_INT(csio_tls_add_ca(tls, "", 0), CSIO_ETLS_CA);
  CHECK_INT(csio_tls_add_ca(tls, pem, strlen(pem) / 2), CSIO_ETLS_CA);
  CHECK_CONTAINS(csio_tls_last_message(tls), "CA certificates could not be read");
  CHECK_INT(csio_tls_set_identity(tls, "x", 1, "y", 1, NULL), CSIO_ETLS_CERT);
  CHECK_INT(csio_tls_set_identity(tls, pem, strlen(pem), "y", 1, NULL), CSIO_ETLS_KEY);
  char *chain = malloc(2 * strlen(pem) + 1);
  CHECK(chain);
  strcat(strcpy(chain, pem), pem);
  CHECK_INT(csio_tls_set_identity(tls, chain, strlen(pem) * 3 / 2, "y", 1, NULL), CSIO_ETLS_CERT);
  free(chain);
  CHECK_INT(tls_set_identity(tls, &good, &expired, NULL, NULL), CSIO_ETLS_KEY); /* of another certificate */
  CHECK_INT(csio_tls_set_ciphers(tls, "no-such-cipher"), CSIO_ETLS_CIPHERS);
  CHECK_INT(csio_tls_set_ciphers(tls, "TLS_NO_SUCH_CIPHER"), CSIO_ETLS_CIPHERS);
  CHECK_INT(csio_tls_set_ciphers(tls, ""), CSIO_ETLS_CIPHERS);
  free(pem);
  csio_tls_release(tls);
  csio_tls_release(NULL);
}

int main(int argc, char **argv)
{
  identities_make();
  loop = test_loop();
  RUN(presents_a_client_certificate);
  RUN(reports_late_refusals);
  RUN(reads_encrypted_keys);
  RUN(reads_pkcs12);
  RUN(refuses_what_cannot_be_read);
  csio_loop_close(loop);
  identities_free();
}
