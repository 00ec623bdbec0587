# Debian packages, made by cpack -G DEB of a build with the prefix /usr: the library, what is needed to build with it,
# the test server, and sio if SIO_PROGRAM is set. They fit the Debian release that they are built on.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME csio)
# Who makes a package is its maintainer, named by the variables of Debian's own tools. Nobody gets mail at .invalid.
if(NOT "$ENV{DEBEMAIL}" STREQUAL "")
  set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
else()
  set(CPACK_PACKAGE_CONTACT "unknown <unknown@socketio-swift.invalid>")
endif()
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL library development)

# What the programs link is found by dpkg-shlibdeps. libwebsockets loads its support for libuv when it runs.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(loaded_libraries libwebsockets-evlib-uv)

# Otherwise the project's description would be the summary of every package.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")

# package(COMPONENT NAME SECTION DEPENDS SUMMARY TEXT)
macro(package component name section depends summary text)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS "${depends}")
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}\n${text}")
  install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${name} RENAME copyright
    COMPONENT ${component})
endmacro()

set(library_package libcsio${PROJECT_VERSION_MAJOR})
package(library ${library_package} libs ${loaded_libraries} "HTTP requests and WebSockets on one event loop"
  "libcsio gives a program an event loop with its own thread, timers, HTTP requests and WebSockets, over libuv, libcurl, \
libwebsockets and OpenSSL. It is the library underneath a Socket.IO client.")
package(development libcsio-dev libdevel
  "${library_package} (= ${PROJECT_VERSION}), libcurl4-openssl-dev, libwebsockets-dev, libuv1-dev, libssl-dev, zlib1g-dev"
  "headers and static library of libcsio" "What is needed to compile programs that use libcsio.")
if(CSIO_TEST_SERVER)
  list(APPEND CPACK_COMPONENTS_ALL server)
  package(server socketio-test-server net ${loaded_libraries}
    "Socket.IO server to test clients against"
    "It speaks Engine.IO 4 and Socket.IO 5, and answers, refuses, falls silent and breaks connections on demand. It is not \
meant to face a network that you do not trust.")
endif()
if(SIO_PROGRAM)
  list(APPEND CPACK_COMPONENTS_ALL client)
  package(client sio net ${loaded_libraries} "Socket.IO client for the command line"
    "sio talks to servers of Socket.IO 3 and 4: interactively, in scripts, and to measure them.")
endif()
include(CPack)
