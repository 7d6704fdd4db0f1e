# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Find standalone Asio, which has no CMake package of its own. To use another
# one than the system's, set Asio_ROOT, or Asio_INCLUDE_DIR to the directory of
# asio.hpp. Defines the target asio::asio, and Asio_VERSION.
include(FindPackageHandleStandardArgs)
include(${CMAKE_CURRENT_LIST_DIR}/HeaderVersion.cmake)

find_path(Asio_INCLUDE_DIR asio.hpp)
mark_as_advanced(Asio_INCLUDE_DIR)

asio_sync_header_version(Asio_VERSION
  "${Asio_INCLUDE_DIR}/asio/version.hpp" ASIO_VERSION)
find_package_handle_standard_args(Asio
  REQUIRED_VARS Asio_INCLUDE_DIR
  VERSION_VAR Asio_VERSION)

if(Asio_FOUND AND NOT TARGET asio::asio)
  add_library(asio::asio INTERFACE IMPORTED GLOBAL)
  target_include_directories(asio::asio INTERFACE "${Asio_INCLUDE_DIR}")
endif()
