# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# A toolchain file: compile for 64-bit Windows with MinGW-w64, and run what was
# compiled with Wine. On Debian and Ubuntu that is
#
#   apt install g++-mingw-w64-x86-64-posix wine wine64
#
# Asio and Boost are headers, so those of this machine serve, if they are not
# found with Asio_INCLUDE_DIR and Boost_INCLUDE_DIR.

set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)

# Its threads are the standard library's only in the model "posix".
set(CMAKE_CXX_COMPILER x86_64-w64-mingw32-g++-posix)
set(CMAKE_EXE_LINKER_FLAGS_INIT -static)
set(CMAKE_FIND_ROOT_PATH /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

find_program(ASIO_SYNC_WINE NAMES wine64 wine PATHS /usr/lib/wine)
find_program(ASIO_SYNC_WINESERVER NAMES wineserver64 wineserver
  PATHS /usr/lib/wine)
mark_as_advanced(ASIO_SYNC_WINE ASIO_SYNC_WINESERVER)
if(ASIO_SYNC_WINE)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${ASIO_SYNC_WINE})
endif()

# A folder with nothing but those headers: what is beside them is not for
# Windows.
set(headers ${CMAKE_BINARY_DIR}/host_headers)
foreach(name asio asio.hpp boost)
  if(EXISTS /usr/include/${name} AND NOT EXISTS ${headers}/${name})
    file(MAKE_DIRECTORY ${headers})
    file(CREATE_LINK /usr/include/${name} ${headers}/${name} SYMBOLIC)
  endif()
endforeach()
set(Asio_INCLUDE_DIR ${headers} CACHE PATH "Where asio.hpp is")
set(Boost_INCLUDE_DIR ${headers} CACHE PATH "Where boost/version.hpp is")
