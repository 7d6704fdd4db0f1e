# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Find what the targets need, for the build and for the installed package. Sets
# asio_sync_<target>_FOUND for each target and, where that is false,
# asio_sync_<target>_REASON. Targets of these names that the user's project has
# already are used as they are.
list(PREPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})

if(NOT TARGET Threads::Threads)
  find_package(Threads QUIET)
  if(TARGET Threads::Threads)
    set_target_properties(Threads::Threads PROPERTIES IMPORTED_GLOBAL TRUE)
  endif()
endif()
if(NOT TARGET asio::asio)
  find_package(Asio 1.22.1 QUIET)
endif()
if(NOT TARGET Boost::headers)
  find_package(BoostHeaders QUIET)
endif()

list(POP_FRONT CMAKE_MODULE_PATH)

set(asio_sync_asio_sync_FOUND FALSE)
if(NOT TARGET Threads::Threads)
  set(asio_sync_asio_sync_REASON "the compiler has no threads")
elseif(NOT TARGET Boost::headers)
  string(CONCAT asio_sync_asio_sync_REASON
    "Boost's headers were not found. Install Boost (Debian and Ubuntu: "
    "libboost-dev), or set Boost_ROOT")
elseif(NOT TARGET asio::asio)
  if(Asio_INCLUDE_DIR)
    set(asio_sync_asio_sync_REASON
      "Asio ${Asio_VERSION} in ${Asio_INCLUDE_DIR} is too old")
  else()
    set(asio_sync_asio_sync_REASON "Asio was not found")
  endif()
  string(APPEND asio_sync_asio_sync_REASON
    ". Install Asio 1.22.1 or newer (Debian and Ubuntu: libasio-dev), or set "
    "Asio_ROOT")
else()
  set(asio_sync_asio_sync_FOUND TRUE)
endif()

set(asio_sync_boost_asio_FOUND FALSE)
if(NOT TARGET Threads::Threads OR NOT TARGET Boost::headers)
  set(asio_sync_boost_asio_REASON "${asio_sync_asio_sync_REASON}")
elseif(BoostHeaders_FOUND AND BoostHeaders_VERSION VERSION_LESS 1.81)
  string(CONCAT asio_sync_boost_asio_REASON
    "Boost ${BoostHeaders_VERSION} in ${Boost_INCLUDE_DIR} is too old. Install "
    "Boost 1.81 or newer (Debian and Ubuntu: a package such as "
    "libboost1.81-dev), or set Boost_ROOT")
else()
  set(asio_sync_boost_asio_FOUND TRUE)
endif()
