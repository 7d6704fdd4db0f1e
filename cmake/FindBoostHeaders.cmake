# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Find Boost's headers. To use others than the system's, set Boost_ROOT, or
# Boost_INCLUDE_DIR to the directory that contains boost/. Defines the target
# Boost::headers, and BoostHeaders_VERSION.
#
# CMake's own search for Boost prefers an installed Boost with a CMake package
# to headers in the place that the user has named.
include(FindPackageHandleStandardArgs)
include(${CMAKE_CURRENT_LIST_DIR}/HeaderVersion.cmake)

find_path(Boost_INCLUDE_DIR boost/version.hpp
  HINTS ${Boost_ROOT} ${BOOST_ROOT} ENV Boost_ROOT ENV BOOST_ROOT
  PATH_SUFFIXES include)
mark_as_advanced(Boost_INCLUDE_DIR)

asio_sync_header_version(BoostHeaders_VERSION
  "${Boost_INCLUDE_DIR}/boost/version.hpp" BOOST_VERSION)
find_package_handle_standard_args(BoostHeaders
  REQUIRED_VARS Boost_INCLUDE_DIR
  VERSION_VAR BoostHeaders_VERSION)

if(BoostHeaders_FOUND AND NOT TARGET Boost::headers)
  add_library(Boost::headers INTERFACE IMPORTED GLOBAL)
  target_include_directories(Boost::headers INTERFACE "${Boost_INCLUDE_DIR}")
endif()
