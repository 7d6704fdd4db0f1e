# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# The same program for each of the flavours, which are all that must be there.
set(target_asio asio_sync::asio_sync)
set(target_boost asio_sync::boost_asio)
foreach(flavour asio boost)
  if(flavours MATCHES "[+]${flavour}")
    add_executable(consumer.${flavour} ../consumer.cpp)
    target_link_libraries(consumer.${flavour} PRIVATE ${target_${flavour}})
    add_test(NAME consumer.${flavour} COMMAND consumer.${flavour})
  elseif(TARGET ${target_${flavour}})
    message(FATAL_ERROR "${target_${flavour}} is there, unexpectedly.")
  endif()
endforeach()
