/* What Swift sees of libcsio: the installed public headers. */
#include <csio/csio.h>
