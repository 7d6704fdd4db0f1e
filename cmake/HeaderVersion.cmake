# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Read a version from a header that defines it as asio_sync, Asio and Boost do:
# major * 100000 + minor * 100 + patch. Empty if the header is not there.
function(asio_sync_header_version result header macro)
  set(version "")
  if(EXISTS "${header}")
    file(STRINGS "${header}" line LIMIT_COUNT 1
      REGEX "^#[ \t]*define[ \t]+${macro}[ \t]+[0-9]+")
    if(line MATCHES "${macro}[ \t]+([0-9]+)")
      set(number ${CMAKE_MATCH_1})
      math(EXPR major "${number} / 100000")
      math(EXPR minor "${number} / 100 % 1000")
      math(EXPR patch "${number} % 100")
      set(version ${major}.${minor}.${patch})
    endif()
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()
