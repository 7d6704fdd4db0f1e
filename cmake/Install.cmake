# Copyright (c) the asio_sync authors
#
# Distributed under the Boost Software License, Version 1.0. (See accompanying
# file LICENSE_1_0.txt or copy at http://www.boost.org/LICENSE_1_0.txt)

# Installs the headers and the CMake package. Each target has a file of its own,
# because the package offers a target only where what it needs is found.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/asio_sync)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE_1_0.txt
  DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(TARGETS asio_sync EXPORT asio_sync)
install(TARGETS asio_sync_boost_asio EXPORT boost_asio)
foreach(target asio_sync boost_asio)
  install(EXPORT ${target} NAMESPACE asio_sync:: DESTINATION ${package_dir}
    FILE ${target}-target.cmake)
endforeach()

write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/asio_sync-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(
  FILES
    ${PROJECT_BINARY_DIR}/asio_sync-config-version.cmake
    ${CMAKE_CURRENT_LIST_DIR}/asio_sync-config.cmake
    ${CMAKE_CURRENT_LIST_DIR}/Dependencies.cmake
    ${CMAKE_CURRENT_LIST_DIR}/FindAsio.cmake
    ${CMAKE_CURRENT_LIST_DIR}/FindBoostHeaders.cmake
    ${CMAKE_CURRENT_LIST_DIR}/HeaderVersion.cmake
  DESTINATION ${package_dir})
