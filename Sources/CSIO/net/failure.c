#include "net/failure.h"
#include "loop/descriptors.h"
#include "base/text.h"
#include "net/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

csio__peer_name csio__peer_of(const csio__route *route, bool proxy)
{
  csio__peer_name name;
  if (proxy)
    snprintf(name.text, sizeof name.text, "the proxy %s", route->proxy->name);
  else
    snprintf(name.text, sizeof name.text, "%s port %u", route->host, (unsigned)route->port);
  return name;
}

int csio__errno_of(csio__transfer *transfer, CURLcode result)
{
  long number = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &number);
  /* an end's own; nothing tells when a proxy is connected, but these two come from no attempt to connect */
  bool ends = transfer->stands ? number != transfer->old_errno : number == ECONNRESET || number == EPIPE;
  if (csio__is_end(result) && !ends) number = 0;
  return number ? (int)number : transfer->socket_errno; /* which libcurl does not keep */
}

const char *csio__cause_of(csio__transfer *transfer, CURLcode result)
{
  int number = csio__errno_of(transfer, result);
  return number ? strerror(number) : curl_easy_strerror(result);
}

bool csio__could_not_connect(csio__transfer *transfer, int code, const char *cause, csio__failure *failure)
{
  const csio__route *route = &transfer->route;
  return csio__failure_set(failure, code, "could not connect to %s%s%s: %s",
      csio__peer_of(route, route->proxy && !transfer->stands).text, route->local_address ? " from " : "",
      csio__or_empty(route->local_address), cause);
}

int csio__connecting_took(const csio__route *route, uint64_t ms, csio__failure *failure)
{
  return csio__failure_set(failure, CSIO_ETIMEOUT, "connecting to %s%s%s took longer than %llu ms",
      csio__peer_of(route, false).text, route->proxy ? " through " : "",
      route->proxy ? csio__peer_of(route, true).text : "", (unsigned long long)ms);
}

static const char could_not_resolve[] = "could not resolve the host name %s";

static bool is_resolving(CURLcode result)
{
  return result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_RESOLVE_PROXY;
}

static bool system_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  int number = transfer->socket_errno;
  if (!number && (is_resolving(result) || result == CURLE_OUT_OF_MEMORY) &&
      !csio__has_descriptors(CSIO__CURL_DESCRIPTORS))
    number = errno;
  if (number == ENOMEM) return csio__failure_code(failure, CSIO_ENOMEM);
  bool files = number == EMFILE || number == ENFILE;
  if (!files && number != ENOBUFS) return false;
  return csio__could_not_connect(transfer, files ? CSIO_EFILES : CSIO_ESYSTEM, strerror(number), failure);
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
  csio__peer_name name = csio__peer_of(&transfer->route, true);
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

static void refused(csio__transfer *transfer, csio__failure *failure, const char *why)
{
  csio__failure_set(failure, CSIO_EPROXY, "%s did not connect to %s: %s",
      csio__peer_of(&transfer->route, true).text, csio__peer_of(&transfer->route, false).text, why);
}

bool csio__proxy_lost(csio__transfer *transfer, csio__failure *failure)
{
  int number = csio__errno_of(transfer, CURLE_RECV_ERROR);
  return csio__failure_set(failure, CSIO_EPROXY, "%s ended the connection: %s",
      csio__peer_of(&transfer->route, true).text, number ? strerror(number) : "end of file");
}

static const char credentials[] = "", unknown[] = "an unknown reason",
                  not_socks[] = "it does not speak SOCKS 5";

/* Why a SOCKS proxy did not connect. For all reasons left out, it ended the connection. */
static const char *const socks_reasons[] = {[CURLPX_BAD_VERSION] = not_socks,
    [CURLPX_BAD_ADDRESS_TYPE] = not_socks,
    [CURLPX_UNKNOWN_MODE] = not_socks,
    [CURLPX_NO_AUTH] = credentials,
    [CURLPX_USER_REJECTED] = credentials,
    [CURLPX_LONG_USER] = credentials,
    [CURLPX_LONG_PASSWD] = credentials,
    [CURLPX_OK] = unknown,
    [CURLPX_REPLY_UNASSIGNED] = unknown,
    [CURLPX_UNKNOWN_FAIL] = unknown,
    [CURLPX_REPLY_GENERAL_SERVER_FAILURE] = "general failure",
    [CURLPX_REPLY_NOT_ALLOWED] = "not allowed",
    [CURLPX_REPLY_NETWORK_UNREACHABLE] = "network unreachable",
    [CURLPX_REPLY_HOST_UNREACHABLE] = "host unreachable",
    [CURLPX_REPLY_CONNECTION_REFUSED] = "connection refused",
    [CURLPX_REPLY_TTL_EXPIRED] = "time to live expired",
    [CURLPX_REPLY_COMMAND_NOT_SUPPORTED] = "command not supported",
    [CURLPX_REPLY_ADDRESS_TYPE_NOT_SUPPORTED] = "kind of address not supported",
    [CURLPX_LONG_HOSTNAME] = "the name is too long"};

static void socks_failure(csio__transfer *transfer, long reply, csio__failure *failure)
{
  bool known = reply >= 0 && reply < (long)(sizeof socks_reasons / sizeof *socks_reasons);
  const char *why = known ? socks_reasons[reply] : unknown;
  if (why == credentials)
    csio__refused_credentials(transfer, 0, failure);
  else if (why)
    refused(transfer, failure, why);
  else
    csio__proxy_lost(transfer, failure);
}

/* A failure of an HTTP proxy's answer to CONNECT; false for any other. */
static bool tunnel_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  bool too_large = transfer->proxy_head > CSIO__MAX_ANSWER_HEAD;
  bool endless = too_large || transfer->user.received > CSIO__MAX_ANSWER_HEAD;
  bool failed = transfer->proxy_head || endless || csio__is_end(result);
  if (!transfer->route.tunnels || !csio__proxy_speaks_http(transfer->route.proxy)) return false;
  if (!too_large && (transfer->proxy_status / 100 == 2 || !failed)) return false;
  if (transfer->proxy_status == 407)
    csio__refused_credentials(transfer, 407, failure);
  else if (endless)
    refused(transfer, failure, "its answer has no end");
  else if (transfer->proxy_status)
    refused(transfer, failure, transfer->proxy_line);
  else if (transfer->proxy_head)
    refused(transfer, failure, "it does not speak HTTP");
  else
    csio__proxy_lost(transfer, failure);
  failure->error.http_status = transfer->proxy_status;
  return true;
}

/* A failure at the proxy or on the way to it; false for any other. */
static bool proxy_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  const csio__route *route = &transfer->route;
  long reply = CURLPX_OK;
  curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_ERROR, &reply);
  if (reply == CURLPX_RESOLVE_HOST || (is_resolving(result) && transfer->connected))
    return csio__failure_set(failure, CSIO_ERESOLVE, could_not_resolve, route->host);
  if (is_resolving(result))
    return csio__failure_set(
        failure, CSIO_EPROXY, "could not resolve the host name of the proxy, %s", route->proxy->host);
  if (transfer->socket_errno == ENAMETOOLONG)
    refused(transfer, failure, "the name is too long");
  else if (result == CURLE_PROXY)
    socks_failure(transfer, reply, failure);
  else if (!tunnel_failure(transfer, result, failure))
    return result == CURLE_COULDNT_CONNECT &&
           csio__could_not_connect(transfer, CSIO_EPROXY, csio__cause_of(transfer, result), failure);
  return true;
}

bool csio__connect_failure(csio__transfer *transfer, CURLcode result, csio__failure *failure)
{
  const csio__route *route = &transfer->route;
  if (transfer->stands) return false;
  if (system_failure(transfer, result, failure)) return true;
  if (route->proxy && proxy_failure(transfer, result, failure)) return true;
  switch (result) {
  case CURLE_ABORTED_BY_CALLBACK:
  case CURLE_OUT_OF_MEMORY:
    return csio__failure_code(failure, CSIO_ENOMEM);
  case CURLE_COULDNT_RESOLVE_HOST:
    if (!route->local_address || !csio__is_address(route->host))
      return csio__failure_set(failure, CSIO_ERESOLVE, could_not_resolve, route->host);
    return csio__could_not_connect(
        transfer, CSIO_ECONNECT, "the addresses are of different families", failure);
  case CURLE_INTERFACE_FAILED:
  case CURLE_COULDNT_CONNECT:
    return csio__could_not_connect(transfer, CSIO_ECONNECT, csio__cause_of(transfer, result), failure);
  default:
    return false;
  }
}

bool csio__head_too_large(csio__failure *failure, const char *peer)
{
  return csio__failure_set(failure, CSIO_ETOO_LARGE, "the head of the answer from %s is larger than %d bytes",
      peer, (int)CSIO__MAX_ANSWER_HEAD);
}
