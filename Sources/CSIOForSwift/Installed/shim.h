/* What Swift sees of an installed libcsio: its public headers. */
#if __has_include(<csio/csio.h>)
#include <csio/csio.h>
#else
#error libcsio is missing: enable the package trait BundledCore, which builds it, or install it by scripts/install
#endif
