# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# The package offers asio_sync::asio_sync (standalone Asio) and
# asio_sync::boost_asio, each where what it needs is found. The component
# asio_sync or boost_asio demands one of them.
include(${CMAKE_CURRENT_LIST_DIR}/Dependencies.cmake)

set(asio_sync_FOUND FALSE)
foreach(target asio_sync boost_asio)
  if(asio_sync_${target}_FOUND)
    include(${CMAKE_CURRENT_LIST_DIR}/${target}-target.cmake)
    set(asio_sync_FOUND TRUE)
  else()
    string(APPEND asio_sync_NOT_FOUND_MESSAGE
      "No asio_sync::${target}: ${asio_sync_${target}_REASON}.\n")
  endif()
endforeach()

foreach(component IN LISTS asio_sync_FIND_COMPONENTS)
  if(asio_sync_FIND_REQUIRED_${component} AND NOT asio_sync_${component}_FOUND)
    set(asio_sync_FOUND FALSE)
  endif()
endforeach()
