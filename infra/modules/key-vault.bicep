metadata description = 'Secrets of connections to sources. The app reads them by reference; they never pass through a deployment.'

@minLength(3)
@maxLength(24)
param name string

param location string

param tags object

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 30
    publicNetworkAccess: 'Enabled'
    sku: {
      family: 'A'
      name: 'standard'
    }
  }
}

output name string = vault.name
