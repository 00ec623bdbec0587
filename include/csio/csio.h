/* csio: HTTP requests and WebSockets on one event loop. Includes every public header. */
#ifndef CSIO_CSIO_H
#define CSIO_CSIO_H

#include "buffer.h"
#include "cookies.h"
#include "error.h"
#include "http.h"
#include "loop.h"
#include "proxy.h"
#include "timer.h"
#include "tls.h"
#include "version.h"
#include "ws.h"

#endif
