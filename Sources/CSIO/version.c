#include <csio/version.h>

#include <curl/curl.h>
#include <libwebsockets.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <uv.h>

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define VERSION TEXT(CSIO_VERSION_MAJOR) "." TEXT(CSIO_VERSION_MINOR) "." TEXT(CSIO_VERSION_PATCH)

static char details[160];

const char *csio_version(void)
{
  return VERSION;
}

static void make_details(void)
{
  /* Debian's libwebsockets calls itself "4.1.6-" */
  const char *lws = lws_get_library_version();
  snprintf(details, sizeof details, "csio/" VERSION " libcurl/%s libwebsockets/%.*s libuv/%s OpenSSL/%s",
      curl_version_info(CURLVERSION_NOW)->version, (int)strspn(lws, "0123456789."), lws, uv_version_string(),
      OpenSSL_version(OPENSSL_VERSION_STRING));
}

const char *csio_version_details(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, make_details);
  return details;
}
