/* Why there is no connection, told from codes. */
#include "net/failure.h"

#include "loop/descriptors.h"
#include "base/header.h"
#include "net/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- parts of sentences --- */

csio__peer_name csio__peer_of(const csio__transfer *transfer, bool proxy)
{
  csio__peer_name name;
  const csio__route *route = &transfer->route;
  if (proxy)
    snprintf(name.text, sizeof name.text, "the proxy %s port %u", route->proxy->host,
        (unsigned)route->proxy->port);
  else
    snprintf(name.text, sizeof name.text, "%s port %u", route->host, (unsigned)route->port);
  return name;
}

static long os_errno(csio__transfer *transfer)
{
  long number = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
  return number ? number : transfer->socket_errno; /* of which libcurl keeps nothing */
}

const char *csio__cause_of(csio__transfer *transfer, CURLcode result)
{
  long number = os_errno(transfer);
  return number ? strerror((int)number) : curl_easy_strerror(result);
}

static bool is_resolving(CURLcode result)
{
  return result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_RESOLVE_PROXY;
}

/* --- the system --- */

static bool system_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  int number = transfer->socket_errno;
  if (!number && (is_resolving(result) || result == CURLE_OUT_OF_MEMORY) &&
      !csio__has_descriptors(CSIO__CURL_DESCRIPTORS))
    number = errno;
  switch (number) {
  case EMFILE:
  case ENFILE:
  case ENOBUFS:
    csio__failure_set(failure, CSIO_ESYSTEM, "could not connect to %s: %s",
        csio__peer_of(transfer, transfer->route.proxy).text, strerror(number));
    return true;
  case ENOMEM:
    csio__failure_code(failure, CSIO_ENOMEM);
    return true;
  default:
    return false;
  }
}

/* --- proxies --- */

void csio__refused_credentials(csio__transfer *transfer, int status, csio__failure *failure)
{
  static const struct {
    long bit;
    const char *name;
  } schemes[] = {{CURLAUTH_DIGEST, "Digest"}, {CURLAUTH_NEGOTIATE, "Negotiate"}, {CURLAUTH_NTLM, "NTLM"},
      {CURLAUTH_BEARER, "Bearer"}};
  const csio__route *route = &transfer->route;
  csio__peer_name name = csio__peer_of(transfer, true);
  const char *wanted = NULL;
  long offered = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_PROXYAUTH_AVAIL, &offered);
  for (size_t i = 0; !wanted && i < sizeof schemes / sizeof *schemes; i++)
    if (offered & schemes[i].bit && !(offered & CURLAUTH_BASIC)) wanted = schemes[i].name;
  if (status && wanted && !route->proxy_authorization)
    csio__failure_set(failure, CSIO_EPROXY_AUTH, "%s asks for %s authentication; only Basic is supported",
        name.text, wanted);
  else
    csio__failure_set(failure, CSIO_EPROXY_AUTH, "%s %s", name.text,
        route->proxy->user || route->proxy_authorization ? "did not accept the user and password"
                                                         : "asks for a user and password");
  failure->error.http_status = status;
}

static const char *socks_reply(CURLproxycode reply)
{
  static const struct {
    CURLproxycode code;
    const char *why;
  } replies[] = {
      {CURLPX_BAD_VERSION, "it does not speak SOCKS 5"},
      {CURLPX_BAD_ADDRESS_TYPE, "it does not speak SOCKS 5"},
      {CURLPX_UNKNOWN_MODE, "it does not speak SOCKS 5"},
      {CURLPX_REPLY_GENERAL_SERVER_FAILURE, "general failure"},
      {CURLPX_REPLY_NOT_ALLOWED, "not allowed"},
      {CURLPX_REPLY_NETWORK_UNREACHABLE, "network unreachable"},
      {CURLPX_REPLY_HOST_UNREACHABLE, "host unreachable"},
      {CURLPX_REPLY_CONNECTION_REFUSED, "connection refused"},
      {CURLPX_REPLY_TTL_EXPIRED, "time to live expired"},
      {CURLPX_REPLY_COMMAND_NOT_SUPPORTED, "command not supported"},
      {CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED, "kind of address not supported"},
      {CURLPX_LONG_HOSTNAME, "the name is too long"},
  };
  for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
    if (replies[i].code == reply) return replies[i].why;
  return "an unknown reason";
}

static void refused(csio__transfer *transfer, csio__failure *failure, const char *why)
{
  csio__failure_set(failure, CSIO_EPROXY, "%s did not connect to %s: %s", csio__peer_of(transfer, true).text,
      csio__peer_of(transfer, false).text, why);
}

static void lost(csio__transfer *transfer, csio__failure *failure)
{
  long number = os_errno(transfer);
  csio__failure_set(failure, CSIO_EPROXY, "%s ended the connection: %s", csio__peer_of(transfer, true).text,
      number ? strerror((int)number) : "end of file");
}

static void socks_failure(csio__transfer *transfer, CURLproxycode reply, csio__failure *failure)
{
  switch (reply) {
  case CURLPX_NO_AUTH:
  case CURLPX_USER_REJECTED:
  case CURLPX_LONG_USER:
  case CURLPX_LONG_PASSWD:
    csio__refused_credentials(transfer, 0, failure);
    break;
  case CURLPX_CLOSED:
  case CURLPX_RECV_ADDRESS:
  case CURLPX_RECV_AUTH:
  case CURLPX_RECV_CONNECT:
  case CURLPX_RECV_REQACK:
  case CURLPX_SEND_AUTH:
  case CURLPX_SEND_CONNECT:
  case CURLPX_SEND_REQUEST:
    lost(transfer, failure);
    break;
  default:
    refused(transfer, failure, socks_reply(reply));
  }
}

static void tunnel_failure(csio__transfer *transfer, csio__failure *failure)
{
  if (transfer->proxy_status == 407)
    csio__refused_credentials(transfer, 407, failure);
  else if (transfer->proxy_head > CSIO__MAX_ANSWER_HEAD || transfer->user.received > CSIO__MAX_ANSWER_HEAD)
    refused(transfer, failure, "its answer has no end");
  else if (transfer->proxy_status)
    refused(transfer, failure, transfer->proxy_line);
  else if (transfer->proxy_head)
    refused(transfer, failure, "it does not speak HTTP");
  else
    lost(transfer, failure);
  failure->error.http_status = transfer->proxy_status;
}

/* Whether it was an HTTP proxy's answer to CONNECT that failed. */
static bool failed_in_tunnel(const csio__transfer *transfer, CURLcode result)
{
  const csio__route *route = &transfer->route;
  bool ended = result == CURLE_RECV_ERROR || result == CURLE_SEND_ERROR || result == CURLE_GOT_NOTHING;
  bool endless = transfer->proxy_head > CSIO__MAX_ANSWER_HEAD;
  bool answers = transfer->proxy_head || transfer->user.received > CSIO__MAX_ANSWER_HEAD;
  return route->tunnels && csio__proxy_speaks_http(route->proxy) &&
         (endless || (transfer->proxy_status / 100 != 2 && (answers || ended)));
}

/* What went wrong at the proxy or on the way to it; false where something else did. */
static bool proxy_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  const csio__route *route = &transfer->route;
  if (!route->proxy || transfer->stands) return false;
  long reply = CURLPX_OK;
  curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_ERROR, &reply);
  if (reply == CURLPX_RESOLVE_HOST || (is_resolving(result) && transfer->connected))
    csio__failure_set(failure, CSIO_ERESOLVE, "could not resolve the host name %s", route->host);
  else if (is_resolving(result))
    csio__failure_set(
        failure, CSIO_EPROXY, "could not resolve the host name of the proxy, %s", route->proxy->host);
  else if (transfer->socket_errno == ENAMETOOLONG)
    refused(transfer, failure, "the name is too long");
  else if (result == CURLE_PROXY)
    socks_failure(transfer, (CURLproxycode)reply, failure);
  else if (failed_in_tunnel(transfer, result))
    tunnel_failure(transfer, failure);
  else if (result == CURLE_COULDNT_CONNECT)
    csio__failure_set(failure, CSIO_EPROXY, "could not connect to %s: %s", csio__peer_of(transfer, true).text,
        csio__cause_of(transfer, result));
  else
    return false;
  return true;
}

bool csio__connect_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  const csio__route *route = &transfer->route;
  csio__peer_name peer = csio__peer_of(transfer, route->proxy);
  if (transfer->stands) return false;
  if (system_failure(transfer, result, failure)) return true;
  if (proxy_failure(transfer, result, failure)) return true;
  switch (result) {
  case CURLE_ABORTED_BY_CALLBACK:
  case CURLE_OUT_OF_MEMORY:
    csio__failure_code(failure, CSIO_ENOMEM);
    return true;
  case CURLE_COULDNT_RESOLVE_HOST:
    if (route->local_address && csio__is_address(route->host))
      csio__failure_set(failure, CSIO_ECONNECT,
          "could not connect to %s from %s, an address of another family", peer.text, route->local_address);
    else
      csio__failure_set(failure, CSIO_ERESOLVE, "could not resolve the host name %s", route->host);
    return true;
  case CURLE_INTERFACE_FAILED:
    csio__failure_set(failure, CSIO_ECONNECT, "could not connect to %s from %s: %s", peer.text,
        route->local_address, csio__cause_of(transfer, result));
    return true;
  case CURLE_COULDNT_CONNECT:
    csio__failure_set(
        failure, CSIO_ECONNECT, "could not connect to %s: %s", peer.text, csio__cause_of(transfer, result));
    return true;
  default:
    return false;
  }
}
