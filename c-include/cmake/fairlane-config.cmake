# Found by find_package(fairlane). Targets: fairlane::fairlane, the shared library, and
# fairlane::static, the static one with what it needs of the system.
include_guard(GLOBAL)

# This file is in PREFIX/share/fairlane/cmake.
get_filename_component(_fairlane_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
find_path(_fairlane_include fairlane.h
  PATHS "${_fairlane_prefix}/include" NO_DEFAULT_PATH NO_CACHE REQUIRED)
set(_fairlane_libraries "${_fairlane_prefix}/lib")
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(PREPEND _fairlane_libraries "${_fairlane_prefix}/lib/${CMAKE_LIBRARY_ARCHITECTURE}")
endif()
list(APPEND _fairlane_libraries "${_fairlane_prefix}/lib64")

# On Windows programs are linked with the import library, whose name tells it from the static one.
if(WIN32)
  set(_fairlane_name fairlane.dll)
  set(_fairlane_system advapi32 bcrypt dbghelp ntdll userenv ws2_32)
else()
  set(_fairlane_name fairlane)
  set(_fairlane_system "${CMAKE_DL_LIBS}" m)
endif()
find_library(_fairlane_shared NAMES ${_fairlane_name}
  PATHS ${_fairlane_libraries} NO_DEFAULT_PATH NO_CACHE)
if(_fairlane_shared)
  add_library(fairlane::fairlane UNKNOWN IMPORTED)
  set_target_properties(fairlane::fairlane PROPERTIES
    IMPORTED_LOCATION "${_fairlane_shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${_fairlane_include}")
endif()

find_library(_fairlane_static
  NAMES "${CMAKE_STATIC_LIBRARY_PREFIX}fairlane${CMAKE_STATIC_LIBRARY_SUFFIX}"
  PATHS ${_fairlane_libraries} NO_DEFAULT_PATH NO_CACHE)
if(_fairlane_static)
  find_package(Threads REQUIRED)
  add_library(fairlane::static STATIC IMPORTED)
  set_target_properties(fairlane::static PROPERTIES
    IMPORTED_LOCATION "${_fairlane_static}"
    INTERFACE_INCLUDE_DIRECTORIES "${_fairlane_include}"
    INTERFACE_LINK_LIBRARIES "Threads::Threads;${_fairlane_system}")
endif()

if(NOT TARGET fairlane::fairlane AND NOT TARGET fairlane::static)
  set(fairlane_FOUND FALSE)
  set(fairlane_NOT_FOUND_MESSAGE "no library of fairlane in ${_fairlane_libraries}")
endif()
