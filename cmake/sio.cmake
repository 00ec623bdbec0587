# Installs the command-line program, which SwiftPM builds (scripts/lib.sh), with its manual page and shell completions.
set(SIO_PROGRAM "" CACHE FILEPATH "The program sio, built by Swift, to be installed with the rest")
if(NOT SIO_PROGRAM)
  return()
endif()

install(PROGRAMS ${SIO_PROGRAM} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT client)
install_manual(sio ${SIO_PROGRAM} client)

# zsh of Debian looks for the completions of packages in a folder of its own.
set(zsh_folder zsh/site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
  set(zsh_folder zsh/vendor-completions)
endif()
function(install_completions shell folder file)
  install_output(${file} ${folder} client ${SIO_PROGRAM} ${SIO_PROGRAM} --generate-completion-script ${shell})
endfunction()
install_completions(bash bash-completion/completions sio)
install_completions(zsh ${zsh_folder} _sio)
install_completions(fish fish/vendor_completions.d sio.fish)
