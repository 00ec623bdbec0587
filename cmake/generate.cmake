include_guard()
set(manual_script ${CMAKE_CURRENT_LIST_DIR}/manual.sh)

# install_output(FILE FOLDER COMPONENT PROGRAM COMMAND…): installs a file with what a command prints. It is run after
# PROGRAM was built, and so not where that is built for another system.
function(install_output file folder component program)
  if(CMAKE_CROSSCOMPILING)
    return()
  endif()
  string(MAKE_C_IDENTIFIER ${folder}/${file} target)
  set(output_folder ${CMAKE_CURRENT_BINARY_DIR}/generated/${folder})
  set(output ${output_folder}/${file})
  file(MAKE_DIRECTORY ${output_folder})
  add_custom_command(OUTPUT ${output} DEPENDS ${program} ${manual_script} VERBATIM
    COMMAND sh -c "\"$@\" >\"$0\"" ${output} ${ARGN})
  add_custom_target(${target} ALL DEPENDS ${output})
  install(FILES ${output} DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/${folder} COMPONENT ${component})
endfunction()

# install_manual(NAME PROGRAM COMPONENT): installs a manual page made from the program's --help.
function(install_manual name program component)
  install_output(${name}.1 man/man1 ${component} ${program} ${manual_script} ${program} ${PROJECT_VERSION})
endfunction()
