// libcsio for the rest of the package, whichever of the two is used. With both traits, it is the bundled one.
#if BundledCore
  @_exported public import CSIOBundled
#elseif InstalledCore
  @_exported public import CSIOInstalled
#else
  #error("enable one of the package traits BundledCore and InstalledCore (a default, unless others are listed)")
#endif
