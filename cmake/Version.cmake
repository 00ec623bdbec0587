# Sets CSIO_VERSION from include/csio/version.h, where the version of the whole project is.
set(CSIO_VERSION_HEADER ${CMAKE_CURRENT_LIST_DIR}/../include/csio/version.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CSIO_VERSION_HEADER})
file(STRINGS ${CSIO_VERSION_HEADER} CSIO_VERSION REGEX "^#define CSIO_VERSION_[A-Z]+ [0-9]+$")
list(TRANSFORM CSIO_VERSION REPLACE "^.* " "")
list(JOIN CSIO_VERSION "." CSIO_VERSION)
