# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Build a target that must not compile. Its compiler's output must match each
# regular expression that the source expects.
file(STRINGS ${source} expectations REGEX "^// expect: ")
if(expectations STREQUAL "")
  message(FATAL_ERROR "The source has no line '// expect: <regex>'.")
endif()

set(config_arguments)
if(NOT config STREQUAL "")
  set(config_arguments --config ${config})
endif()
execute_process(
  COMMAND ${CMAKE_COMMAND} --build ${build_dir} --target ${target}
    ${config_arguments}
  RESULT_VARIABLE result
  OUTPUT_VARIABLE output
  ERROR_VARIABLE output)

if(result EQUAL 0)
  message(FATAL_ERROR "${target} compiles, but must not.")
endif()
foreach(expected IN LISTS expectations)
  string(REPLACE "// expect: " "" expected "${expected}")
  if(NOT output MATCHES "${expected}")
    message(FATAL_ERROR
      "The compiler does not say '${expected}':\n${output}")
  endif()
endforeach()
