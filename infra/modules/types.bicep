metadata description = 'Types of parameters that several modules take.'

@export()
@description('A subscription of the topic for one partner and one file type; it is called partner-<name>.')
type partner = {
  @description('Lower-case letters, digits and hyphens.')
  @minLength(1)
  @maxLength(42)
  name: string

  @description('Object id of the service principal (enterprise application) of the partner in this tenant; not its client id.')
  @minLength(36)
  @maxLength(36)
  principalId: string

  @description('File type, such as Shop.PriceChanges.')
  @minLength(3)
  @maxLength(60)
  blobType: string

  @description('Whether the partner receives with sessions, and so in order; false by default. Cannot be changed later.')
  ordered: bool?
}
